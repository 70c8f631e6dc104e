//! `wasmtab run cancel`.

use clap::Args;
use serde_json::{Value, json};

use super::{
    select::{self, Selection},
    view,
};
use crate::{client, context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    selection: Selection,
}

impl CancelArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let ids = self
            .selection
            .ids(context, &client, |run| !client::is_ended(run))
            .await?;
        let mut runs: Vec<Value> = Vec::new();
        let mut failures = Vec::new();
        for id in &ids {
            match client.post(&["runs", id, "cancel"]).json(&json!({})).send().await {
                Ok(reply) => runs.push(reply.body),
                Err(failure) => failures.push((id.clone(), failure)),
            }
        }
        view::several(context, runs, self.selection.is_one())?;
        select::first_failure(failures, ids.len())
    }
}
