//! `wasmtab plugin check`.

use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};
use wasmtab_service::{
    Inspector as _, RuntimeInspector,
    view::{DescriptionView, InspectionView},
};

use super::show;
use crate::{
    context::Context,
    exit::Failure,
    input::file,
    local,
    output::{cell, table},
};

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The component, or preview-1 module
    file: PathBuf,
}

impl CheckArgs {
    /// Does what an upload and its first activation do: inspects, then lets it describe itself with nothing granted.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let bytes = Bytes::from(file::bytes(&self.file)?);
        let inspector = RuntimeInspector(local::runtime()?);
        let refused = |error| local::refused(&self.file, &error);
        let facts = inspector.inspect(bytes.clone()).await.map_err(refused)?;
        let description = inspector.describe(&facts.digest, bytes).await.map_err(refused)?;
        let mut checked = json!(InspectionView::from(&facts));
        checked["description"] = json!(DescriptionView::from(&description));
        checked["verdict"] = "ok".into();
        context.out.one(&checked, told)
    }
}

fn told(checked: &Value) -> String {
    let mut rows = show::facts_of_file(checked);
    if let Some(description) = checked.get("description") {
        rows.extend(show::described(description));
    }
    let is_command = cell::text(checked, "/kind").to_lowercase().ends_with("command");
    let suggested =
        cell::present(checked, "/description/suggestedHandlerName").filter(|name| !name.is_empty());
    let verdict = match suggested {
        Some(name) => format!("it is a handler; it asks to be bound as {name}"),
        None if is_command => "it is a command; any handler name may be bound to it".into(),
        None => "it is a handler; any name may be bound to it".into(),
    };
    rows.push(("verdict", verdict));
    table::facts(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_says_what_to_do_with_it() {
        let shown = told(
            &json!({"kind": "handler", "description": {"suggestedHandlerName": "EchoHandler", "summary": "Echo"}}),
        );
        assert!(shown.contains("it asks to be bound as EchoHandler"), "{shown}");
        let shown = told(&json!({"kind": "moduleCommand", "description": {"suggestedHandlerName": ""}}));
        assert!(shown.contains("it is a command"), "{shown}");
    }
}
