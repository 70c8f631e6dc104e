//! `wasmtab run list`.

use clap::Args;
use serde_json::Value;

use super::{select::Filters, view};
use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    filters: Filters,
    /// Fires that were skipped for this reason (overlap, misfire, paused, blackout, …): rows of the log, as with
    /// `--state skipped`
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let mut said = self.filters.said(context, &client).await?;
        let skipped = self.filters.state.as_deref() == Some("skipped");
        // What was skipped is no run: it is told by the log alone.
        let path = if skipped || self.reason.is_some() {
            if let Some(state) = said.remove("state") {
                said.insert("status".into(), state);
            }
            "logs"
        } else {
            "runs"
        };
        if let Some(reason) = self.reason {
            said.insert("reason".into(), reason.into());
        }
        let said: Vec<(String, String)> = said
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => (name, text),
                other => (name, other.to_string()),
            })
            .collect();
        let list = client
            .list(&[path], self.limit as usize, |request| {
                said.iter()
                    .fold(request, |request, (name, value)| request.query(name, value))
            })
            .await?;
        if path == "logs" {
            return context.out.list(&list, view::attempts);
        }
        context.out.list(&list, view::runs)
    }
}
