//! `wasmtab plugin rollback`.

use clap::Args;
use serde_json::json;

use super::{push::COMPILES, show};
use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct RollbackArgs {
    /// The plugin
    plugin: String,
}

impl RollbackArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let request = client
            .post(&["plugins", &self.plugin, "rollback"])
            .json(&json!({}))
            .within(COMPILES);
        context.out.one(&request.send().await?.body, show::version)
    }
}
