//! `wasmtab handler hold` and `wasmtab handler release`.

use clap::Args;
use serde_json::json;

use super::show;
use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    /// The handler's name
    handler: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ReleaseArgs {
    /// The handler's name
    handler: String,
}

impl HoldArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "note": self.note });
        let request = context.client()?;
        let request = request.post(&["handlers", &self.handler, "hold"]).json(&body);
        context.out.one(&request.send().await?.body, show::show)
    }
}

impl ReleaseArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let handler = client
            .post(&["handlers", &self.handler, "release"])
            .send()
            .await?;
        context.out.one(&handler.body, show::show)
    }
}
