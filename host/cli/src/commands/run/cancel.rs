//! `wasmtab run cancel`.

use clap::Args;
use serde_json::json;

use super::{select::Selection, view};
use crate::{
    commands::{
        bulk::{self, Kind},
        confirm::Consent,
    },
    context::Context,
    exit::Failure,
};

#[derive(Args, Debug)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    consent: Consent,
}

impl CancelArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        if let Some(id) = self.selection.one().filter(|_| !self.consent.dry_run) {
            let request = client.post(&["runs", id, "cancel"]).json(&json!({}));
            let run = request.send().await?.body;
            return context.out.one(&run, view::facts_of);
        }
        let select = self.selection.select(context, &client).await?;
        let body = json!({ "action": "cancel", "select": select });
        bulk::carry_out(context, &client, Kind::Runs, body, self.consent)
            .await
            .map(drop)
    }
}
