//! `wasmtab plugin push`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use serde_json::Value;

use super::{name, show};
use crate::{
    context::Context,
    exit::Failure,
    input::file,
    output::{self, cell},
};

/// A component of an interpreted language compiles for a minute or more.
pub(super) const COMPILES: Duration = Duration::from_secs(400);

#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    /// The component, or preview-1 module
    file: PathBuf,
    /// The plugin [default: named after the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A unique label for the version
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Make it the version that answers
    #[arg(long)]
    activate: bool,
    /// The same key again makes no second version
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl PushArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let name = match self.name {
            Some(name) => name,
            None => name::of_file(&self.file)?,
        };
        let bytes = file::bytes(&self.file)?;
        output::progress(&format!(
            "uploading {} bytes; the server compiles them",
            bytes.len()
        ));
        let mut request = client
            .post(&["plugins", &name, "versions"])
            .query_opt("label", self.label.as_deref());
        if self.activate {
            request = request.query("activate", "true");
        }
        let request = request
            .idempotency_key(self.idempotency_key.as_deref())
            .wasm(bytes)
            .within(COMPILES);
        let reply = request.send().await?;
        let was_there = reply.status == 200;
        context.out.one(&reply.body, |version| told(version, was_there))
    }
}

fn told(version: &Value, was_there: bool) -> String {
    let plugin = cell::text(version, "/plugin");
    let number = cell::text(version, "/version");
    let mut shown = show::version(version);
    if was_there {
        shown.push_str("\nThe plugin has had this very file as this version already.\n");
    }
    if version.get("active").and_then(Value::as_bool) != Some(true) {
        shown = format!("{shown}\nIt is not active: wasmtab plugin activate {plugin}@{number}\n");
    }
    shown
}
