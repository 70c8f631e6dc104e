//! `wasmtab plugin show`.

use clap::Args;
use serde_json::Value;

use super::name::PluginRef;
use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{bytes, present, short, text, time},
        table::{column, facts, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// PLUGIN for its versions, PLUGIN@VERSION for one in full
    plugin: PluginRef,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = ["plugins", self.plugin.name.as_str(), "versions"];
        if let Some(reference) = &self.plugin.version {
            let number = reference.number(&client, &self.plugin.name).await?.to_string();
            let found = client
                .get(&[path[0], path[1], path[2], &number])
                .send()
                .await?
                .body;
            return context.out.one(&found, version);
        }
        let list = client.list(&path, usize::MAX, |request| request).await?;
        let columns = [
            column("VERSION", number),
            column("LABEL", |version| text(version, "/label")),
            column("KIND", |version| text(version, "/kind")),
            column("SIZE", |version| bytes(version, "/size")),
            column("DIGEST", |version| short(&text(version, "/digest"), 13)),
            column("UPLOADED", |version| time(version, "/createdAt")),
            column("BY", |version| text(version, "/createdBy")),
        ];
        context.out.list(&list, |versions| {
            render(&columns, versions, "the plugin has no versions")
        })
    }
}

fn number(version: &Value) -> String {
    let number = text(version, "/version");
    if version.get("active").and_then(Value::as_bool) == Some(true) {
        format!("{number} (active)")
    } else {
        number
    }
}

/// One version as people see it.
pub(super) fn version(version: &Value) -> String {
    let mut rows = vec![("plugin", text(version, "/plugin")), ("version", number(version))];
    rows.extend(present(version, "/label").map(|label| ("label", label)));
    rows.extend(facts_of_file(version));
    rows.push((
        "uploaded",
        format!(
            "{} by {}",
            time(version, "/createdAt"),
            text(version, "/createdBy")
        ),
    ));
    if let Some(description) = version.get("description") {
        rows.extend(described(description));
    }
    facts(&rows)
}

/// What an inspection found.
pub(super) fn facts_of_file(facts: &Value) -> Vec<(&'static str, String)> {
    vec![
        ("kind", text(facts, "/kind")),
        ("size", bytes(facts, "/size")),
        ("digest", text(facts, "/digest")),
        (
            "wants",
            present(facts, "/capabilities").unwrap_or_else(|| "nothing".into()),
        ),
        ("imports", text(facts, "/imports")),
        ("exports", text(facts, "/exports")),
    ]
}

/// What a component says of itself.
pub(super) fn described(description: &Value) -> Vec<(&'static str, String)> {
    [
        ("name", "/name"),
        ("summary", "/summary"),
        ("suggested handler", "/suggestedHandlerName"),
        ("parameter", "/parameterSchema"),
    ]
    .into_iter()
    .filter_map(|(name, pointer)| Some((name, present(description, pointer)?)))
    .collect()
}
