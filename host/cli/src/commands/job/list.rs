//! `wasmtab job list`.

use clap::Args;
use serde_json::Value;

use super::super::apply::schedule;
use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{present, text, time},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only those whose name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let list = client
            .list(&["jobs"], self.limit as usize, |request| {
                request
                    .query_opt("q", self.search.as_deref())
                    .query_opt("handlerName", self.handler.as_deref())
            })
            .await?;
        let columns = [
            column("ID", |job| text(job, "/id")),
            column("NAME", |job| text(job, "/name")),
            column("STATE", state),
            column("HANDLER", |job| text(job, "/handlerName")),
            column("SCHEDULE", schedule),
            column("ZONE", |job| text(job, "/timezone")),
            column("NEXT FIRE", |job| time(job, "/nextFireAt")),
        ];
        context
            .out
            .list(&list, |jobs| render(&columns, jobs, "there are no jobs"))
    }
}

/// An operator's pause lies over what the job says.
pub(super) fn state(job: &Value) -> String {
    if job.get("paused").is_some_and(|pause| !pause.is_null()) {
        return "paused".into();
    }
    present(job, "/status").unwrap_or_else(|| "-".into())
}
