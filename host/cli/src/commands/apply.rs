//! `wasmtab apply`: jobs from a file, as often as one likes.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    commands::confirm::{self, Consent},
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
    /// Where the file comes from, in your words: jobs remember the source that made them
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Delete jobs that the same source made and that the file does not say any more
    #[arg(long, requires = "source")]
    prune: bool,
    #[command(flatten)]
    consent: Consent,
}

impl ApplyArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let document = document::jobs(&self.file)?;
        let client = context.client()?;
        let mut body = json!({
            "document": document, "dryRun": self.consent.dry_run, "source": self.source, "prune": self.prune,
        });
        // What is deleted is shown before it is.
        if self.prune && !self.consent.dry_run && confirm::can_ask(self.consent.yes) {
            body["dryRun"] = true.into();
            let plan = client.post(&["jobs:apply"]).json(&body).send().await?.body;
            if plan.get("deleted").and_then(Value::as_u64).unwrap_or(0) > 0 {
                output::aside(&show(jobs(&plan), false));
                let question = format!("Apply this, and delete {} jobs?", text(&plan, "/deleted"));
                confirm::ask(false, &question)?;
            }
            body["dryRun"] = false.into();
        }
        let plan = client.post(&["jobs:apply"]).json(&body).send().await?.body;
        context
            .out
            .many(&plan, "jobs", |jobs| show(jobs, self.consent.dry_run))?;
        if context.out.is_table() {
            for job in jobs(&plan) {
                let warnings = job.get("warnings").and_then(Value::as_array);
                for warning in warnings.into_iter().flatten() {
                    output::warn(&format!("{}: {}", text(job, "/name"), text(warning, "")));
                }
            }
        }
        Ok(())
    }
}

fn jobs(plan: &Value) -> &[Value] {
    plan.get("jobs")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
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
