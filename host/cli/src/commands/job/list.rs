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
    /// Only those that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only those that are declared normal, or stopped
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only those that are paused; --paused=false: only those that are not
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    paused: Option<bool>,
    /// Only those that this source of documents made
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl ListArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let paused = self.paused.map(|paused| paused.to_string());
        let list = client
            .list(&["jobs"], self.limit as usize, |request| {
                request
                    .query_opt("q", self.search.as_deref())
                    .query_opt("handlerName", self.handler.as_deref())
                    .query_opt("label", self.label.as_deref())
                    .query_opt("status", self.status.as_deref())
                    .query_opt("paused", paused.as_deref())
                    .query_opt("source", self.source.as_deref())
            })
            .await?;
        let mut columns = vec![
            column("ID", |job| text(job, "/id")),
            column("NAME", |job| text(job, "/name")),
            column("STATE", state),
            column("HANDLER", |job| text(job, "/handlerName")),
            column("SCHEDULE", schedule),
            column("ZONE", |job| text(job, "/timezone")),
            column("NEXT FIRE", |job| time(job, "/nextFireAt")),
        ];
        context.out.list(&list, |jobs| {
            if jobs.iter().any(|job| present(job, "/labels").is_some()) {
                columns.insert(2, column("LABELS", |job| text(job, "/labels")));
            }
            render(&columns, jobs, "there are no jobs")
        })
    }
}

/// An operator's pause lies over what the job says.
pub(super) fn state(job: &Value) -> String {
    if job.get("paused").is_some_and(|pause| !pause.is_null()) {
        return "paused".into();
    }
    present(job, "/status").unwrap_or_else(|| "-".into())
}
