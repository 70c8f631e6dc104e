//! `wasmtab job show`.

use clap::Args;
use serde_json::Value;

use super::{super::apply::schedule, list::state};
use crate::{
    client,
    context::Context,
    exit::Failure,
    output::{
        cell::{bytes, interval, present, text, time},
        table::facts,
    },
};

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its name or id
    job: String,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let job = client::job_of(&context.client()?, &self.job).await?.body;
        context.out.one(&job, show)
    }
}

/// A job as people see it.
pub(super) fn show(job: &Value) -> String {
    let mut rows = vec![
        ("id", text(job, "/id")),
        ("name", text(job, "/name")),
        ("state", paused(job)),
        ("handlerName", handler(job)),
        ("handlerParam", text(job, "/handlerParam")),
        ("schedule", described(job)),
        ("timezone", text(job, "/timezone")),
        ("next fire", time(job, "/nextFireAt")),
    ];
    for (name, pointer) in [("startAt", "/startAt"), ("endAt", "/endAt")] {
        if present(job, pointer).is_some() {
            rows.push((name, time(job, pointer)));
        }
    }
    rows.extend([
        ("retries", retries(job)),
        ("monitorTimeout", interval(job, "/monitorTimeout")),
        (
            "fuel",
            present(job, "/fuel").unwrap_or_else(|| "not bounded".into()),
        ),
        ("memoryLimit", bytes(job, "/memoryLimit")),
        ("overlap", text(job, "/overlap")),
        ("misfire", misfire(job)),
        ("revision", text(job, "/revision")),
        ("created", time(job, "/createdAt")),
        ("updated", time(job, "/updatedAt")),
    ]);
    facts(&rows)
}

fn paused(job: &Value) -> String {
    let mut shown = state(job);
    if shown != "paused" {
        return shown;
    }
    for (word, value) in [
        ("by", present(job, "/paused/by")),
        (
            "until",
            present(job, "/paused/until").map(|_| time(job, "/paused/until")),
        ),
    ] {
        if let Some(value) = value {
            shown = format!("{shown} {word} {value}");
        }
    }
    if let Some(note) = present(job, "/paused/note") {
        shown = format!("{shown}: {note}");
    }
    shown
}

/// The handler's name and what it resolves to now.
fn handler(job: &Value) -> String {
    let name = text(job, "/handlerName");
    match (present(job, "/handler/plugin"), present(job, "/handler/version")) {
        (Some(plugin), Some(version)) => format!("{name} ({plugin}@{version})"),
        (Some(plugin), None) => format!("{name} ({plugin}, which has no active version)"),
        _ if job.pointer("/handler/bound").and_then(Value::as_bool) == Some(false) => {
            format!("{name} (nothing is bound to this name)")
        }
        _ => name,
    }
}

pub(super) fn described(job: &Value) -> String {
    let mut shown = schedule(job);
    if let Some(dialect) = present(job, "/cronDialect").filter(|dialect| dialect != "unix") {
        shown = format!("{shown} [{dialect}]");
    }
    if let Some(words) = present(job, "/description") {
        shown = format!("{shown} ({words})");
    }
    shown
}

fn retries(job: &Value) -> String {
    match job.pointer("/retryCount").and_then(Value::as_u64) {
        None | Some(0) => "none".into(),
        Some(count) => {
            let waits = match job.pointer("/retryBackoff") {
                Some(Value::Array(waits)) => waits
                    .iter()
                    .map(|wait| interval(wait, ""))
                    .collect::<Vec<_>>()
                    .join(", "),
                _ => format!(
                    "{} {}",
                    text(job, "/retryBackoff"),
                    interval(job, "/retryInterval")
                ),
            };
            format!("{count}, waits {waits}, on {}", text(job, "/retryOn"))
        }
    }
}

fn misfire(job: &Value) -> String {
    let rule = text(job, "/misfire");
    if rule == "all" {
        format!("all within {}", interval(job, "/catchUpWindow"))
    } else {
        rule
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_told_in_full() {
        let job = json!({
            "id": 3, "name": "数据备份", "status": "normal", "handlerName": "DataBackupHandler", "handlerParam": null,
            "cronExpression": "0 2 * * *", "cronDialect": "unix", "description": "At 02:00 every day", "every": null,
            "timezone": "Asia/Shanghai", "nextFireAt": "2026-11-25T02:00:00+08:00", "retryCount": 3, "retryInterval": 300,
            "retryBackoff": "fixed", "retryOn": ["failure", "trap"], "monitorTimeout": 1800, "fuel": null,
            "memoryLimit": 268_435_456, "overlap": "skip", "misfire": "all", "catchUpWindow": 3600, "revision": 2,
            "createdAt": "2026-11-24T00:00:00Z", "updatedAt": "2026-11-24T00:00:00Z",
            "paused": {"by": "ann", "note": "moving \u{1b}[31mdisks", "until": null},
            "handler": {"bound": true, "plugin": "data-backup", "version": 4},
        });
        let shown = show(&job);
        for line in [
            "state           paused by ann: moving disks",
            "handlerName     DataBackupHandler (data-backup@4)",
            "schedule        0 2 * * * (At 02:00 every day)",
            "next fire       2026-11-25 02:00:00 +08:00",
            "retries         3, waits fixed 5m, on failure, trap",
            "memoryLimit     256 MiB",
            "misfire         all within 1h",
        ] {
            assert!(shown.contains(line), "{line} is missing in\n{shown}");
        }
    }

    #[test]
    fn an_unbound_handler_is_told() {
        let job = json!({"handlerName": "H", "handler": {"bound": false, "plugin": null, "version": null}});
        assert_eq!(handler(&job), "H (nothing is bound to this name)");
    }
}
