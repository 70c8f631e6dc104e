//! `wasmtab apply`: jobs from a file, as often as one likes.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    context::Context,
    exit::Failure,
    input::document,
    output::{
        self,
        cell::{present, text, time},
        table::{column, render},
    },
};

#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    /// A YAML or JSON file: a list of jobs, or `defaults` and `jobs`; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl ApplyArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let document = document::jobs(&self.file)?;
        let client = context.client()?;
        let body = json!({ "document": document, "dryRun": self.dry_run });
        let plan = client.post(&["jobs:apply"]).json(&body).send().await?.body;
        context.out.many(&plan, "jobs", |jobs| show(jobs, self.dry_run))?;
        if context.out.is_table() {
            for job in plan.get("jobs").and_then(Value::as_array).into_iter().flatten() {
                for warning in job
                    .get("warnings")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    output::warn(&format!("{}: {}", text(job, "/name"), text(warning, "")));
                }
            }
        }
        Ok(())
    }
}

fn show(jobs: &[Value], dry_run: bool) -> String {
    let columns = [
        column("ACTION", |job| text(job, "/action")),
        column("NAME", |job| text(job, "/name")),
        column("HANDLER", |job| text(job, "/handlerName")),
        column("SCHEDULE", schedule),
        column("ZONE", |job| text(job, "/timezone")),
        column("NEXT FIRE", |job| time(job, "/nextFireAt")),
        column("CHANGES", changes),
    ];
    let mut shown = render(&columns, jobs, "the document has no jobs");
    if dry_run {
        shown.push_str("a dry run: nothing was changed\n");
    }
    shown
}

/// The expression or the grid, wherever the job has it.
pub(super) fn schedule(job: &Value) -> String {
    present(job, "/cronExpression")
        .or_else(|| {
            job.get("every")
                .filter(|every| !every.is_null())
                .map(|_| every(job))
        })
        .unwrap_or_else(|| "-".into())
}

fn every(job: &Value) -> String {
    format!("every {}", output::cell::interval(job, "/every"))
}

fn changes(job: &Value) -> String {
    let Some(changes) = job.get("changes").and_then(Value::as_array) else {
        return String::new();
    };
    let one = |change: &Value| {
        format!(
            "{}: {} -> {}",
            text(change, "/field"),
            text(change, "/from"),
            text(change, "/to")
        )
    };
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}
