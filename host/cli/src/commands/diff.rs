//! `wasmtab diff`: where a file and the jobs that are there differ.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    context::Context,
    exit::{Exit, Failure},
    input::document,
    output::{
        cell::{short, text},
        table::{column, render},
    },
};

/// The width of a value.
const VALUE: usize = 60;

/// Exits with 0 where nothing differs and with 1 where something does. Nothing is ever changed.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// A YAML or JSON file, as `apply` takes it; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Also jobs that this source made and that the file does not say
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

impl DiffArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let document = document::jobs(&self.file)?;
        let client = context.client()?;
        let body = json!({
            "document": document, "dryRun": true, "source": self.source, "prune": self.source.is_some(),
        });
        let plan = client.post(&["jobs:apply"]).json(&body).send().await?.body;
        let differs = |job: &&Value| text(job, "/action") != "unchanged";
        let jobs = plan
            .get("jobs")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let differences: Vec<&Value> = jobs.iter().filter(differs).collect();
        context.out.many(&plan, "jobs", |_| show(&differences))?;
        if differences.is_empty() {
            Ok(())
        } else {
            Err(Failure::said(Exit::RunFailed))
        }
    }
}

/// A line for each field, one for a job that is on one side alone.
fn show(jobs: &[&Value]) -> String {
    let mut rows = Vec::new();
    for job in jobs {
        let name = text(job, "/name");
        match text(job, "/action").as_str() {
            "created" => rows.push(json!({ "name": name, "field": "only in the file" })),
            "deleted" => rows.push(json!({ "name": name, "field": "only on the server" })),
            _ => {
                let changes = job.get("changes").and_then(Value::as_array);
                rows.extend(changes.into_iter().flatten().map(|change| {
                    json!({
                        "name": name, "field": change["field"], "server": text(change, "/from"), "file": text(change, "/to"),
                    })
                }));
            }
        }
    }
    let columns = [
        column("JOB", |row| text(row, "/name")),
        column("FIELD", |row| text(row, "/field")),
        column("SERVER", |row| short(&text(row, "/server"), VALUE)),
        column("FILE", |row| short(&text(row, "/file"), VALUE)),
    ];
    render(&columns, &rows, "the file and the jobs say the same")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_one_by_one() {
        let updated = json!({"action": "updated", "name": "a", "changes": [
            {"field": "retryCount", "from": 0, "to": 3}, {"field": "labels", "from": ["x"], "to": []},
        ]});
        let created = json!({"action": "created", "name": "b", "changes": []});
        let deleted = json!({"action": "deleted", "name": "c", "changes": []});
        assert_eq!(
            show(&[&updated, &created, &deleted]),
            "JOB  FIELD               SERVER  FILE\n\
             a    retryCount          0       3\n\
             a    labels              x       -\n\
             b    only in the file    -       -\n\
             c    only on the server  -       -\n"
        );
    }
}
