//! `wasmtab ping`: what a container or a load balancer asks.

use clap::Args;
use serde_json::json;

use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct PingArgs {}

impl PingArgs {
    /// `/readyz` answers without a token once the database does, and no more once the server drains.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ready = context.client()?.ready().await?;
        context.out.one(&json!({ "status": ready }), |_| {
            format!("the server is {ready}\n")
        })
    }
}
