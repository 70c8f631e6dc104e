//! `wasmtab run retry`.

use clap::Args;
use serde_json::{Value, json};

use super::{
    select::{self, Selection},
    view,
};
use crate::{
    client::{self, WaitArgs},
    context::Context,
    exit::Failure,
};

#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    wait: WaitArgs,
}

impl RetryArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        if self.wait.wait && !self.selection.is_one() {
            return Err(Failure::usage("--wait waits for one run, named by its id"));
        }
        let unsuccessful = |run: &Value| client::is_ended(run) && run["status"] != "success";
        let ids = self.selection.ids(context, &client, unsuccessful).await?;
        let mut runs: Vec<Value> = Vec::new();
        let mut failures = Vec::new();
        for id in &ids {
            match client.post(&["runs", id, "retry"]).json(&json!({})).send().await {
                Ok(reply) => runs.push(reply.body),
                Err(failure) => failures.push((id.clone(), failure)),
            }
        }
        if self.wait.wait
            && let Some(run) = runs.pop()
        {
            return view::finish(context, &client, run, self.wait).await;
        }
        view::several(context, runs, self.selection.is_one())?;
        select::first_failure(failures, ids.len())
    }
}
