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
        clean,
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
    ]);
    rows.extend(choices(job));
    rows.extend([
        ("revision", text(job, "/revision")),
        ("created", time(job, "/createdAt")),
        ("updated", time(job, "/updatedAt")),
    ]);
    facts(&rows)
}

/// What differs from the defaults among the rest of what a job may say.
fn choices(job: &Value) -> Vec<(&'static str, String)> {
    let number = |pointer: &str| job.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let mut rows = Vec::new();
    if number("/maxRuns") > 0 {
        let told = format!("{} of {} released", number("/released"), number("/maxRuns"));
        rows.push(("maxRuns", told));
    }
    if number("/jitter") > 0 {
        rows.push(("jitter", interval(job, "/jitter")));
    }
    if number("/priority") != 0 {
        rows.push(("priority", text(job, "/priority")));
    }
    if number("/shards") > 1 {
        rows.push(("shards", text(job, "/shards")));
    }
    if number("/warnAfter") > 0 {
        rows.push(("warnAfter", interval(job, "/warnAfter")));
    }
    if present(job, "/retryVersion").is_some_and(|which| which != "current") {
        rows.push(("retryVersion", text(job, "/retryVersion")));
    }
    if let Some(blackouts) = job.get("blackouts").and_then(Value::as_array)
        && !blackouts.is_empty()
    {
        rows.push((
            "blackouts",
            blackouts.iter().map(blackout).collect::<Vec<_>>().join("; "),
        ));
    }
    for (name, pointer) in [("onSuccess", "/onSuccess"), ("onFailure", "/onFailure")] {
        if present(job, pointer).is_some() {
            rows.push((name, chained(job, pointer)));
        }
    }
    for (name, pointer) in [
        ("labels", "/labels"),
        ("owner", "/owner"),
        ("runbook", "/runbook"),
        ("source", "/source"),
    ] {
        rows.extend(present(job, pointer).map(|value| (name, value)));
    }
    rows
}

/// The jobs that it starts; those that are not there are told.
fn chained(job: &Value, pointer: &str) -> String {
    let missing = job.get("missingJobs").and_then(Value::as_array);
    let names = job.pointer(pointer).and_then(Value::as_array);
    let told = names.into_iter().flatten().map(|name| {
        if missing.is_some_and(|missing| missing.contains(name)) {
            format!("{} (there is no such job)", text(name, ""))
        } else {
            text(name, "")
        }
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A calendar's name, dates, or hours of the week.
fn blackout(window: &Value) -> String {
    if let Some(name) = window.as_str() {
        return format!("calendar {}", clean::line(name));
    }
    let span = match (present(window, "/from"), present(window, "/until")) {
        (Some(from), Some(until)) => Some((from, until)),
        _ => None,
    };
    match (present(window, "/date"), present(window, "/days"), span) {
        (Some(date), ..) => date,
        (None, Some(days), Some((from, until))) => format!("{days} {from}-{until}"),
        (None, Some(days), None) => days,
        (None, None, Some((from, until))) => format!("{from} to {until}"),
        (None, None, None) => clean::line(&window.to_string()),
    }
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
    fn only_choices_that_differ_from_the_defaults_are_told() {
        let plain = json!({"maxRuns": null, "jitter": 0, "priority": 0, "shards": 1, "warnAfter": null, "released": 4,
            "retryVersion": "current", "blackouts": [], "onSuccess": [], "onFailure": [], "labels": [], "owner": null});
        assert!(choices(&plain).is_empty());
        let job = json!({
            "maxRuns": 10, "released": 4, "jitter": 30, "priority": -5, "shards": 3, "warnAfter": 600, "retryVersion": "same",
            "blackouts": ["holidays", {"date": "2026-12-25"}, {"from": "2026-12-24", "until": "2026-12-26"},
                {"days": ["sat", "sun"], "from": "22:00", "until": "06:00"}, {"days": ["mon"]}],
            "onSuccess": ["report", "gone"], "onFailure": [], "missingJobs": ["gone"], "labels": ["night", "eu"],
            "owner": "ann", "runbook": "https://x", "source": "team",
        });
        let told = choices(&job);
        for row in [
            ("maxRuns", "4 of 10 released"),
            ("jitter", "30s"),
            ("priority", "-5"),
            ("warnAfter", "10m"),
            ("retryVersion", "same"),
            (
                "blackouts",
                "calendar holidays; 2026-12-25; 2026-12-24 to 2026-12-26; sat, sun 22:00-06:00; mon",
            ),
            ("onSuccess", "report, gone (there is no such job)"),
            ("labels", "night, eu"),
            ("source", "team"),
        ] {
            assert!(
                told.contains(&(row.0, row.1.to_owned())),
                "{row:?} is missing in {told:?}"
            );
        }
        assert!(told.iter().all(|(name, _)| *name != "onFailure"));
    }

    #[test]
    fn an_unbound_handler_is_told() {
        let job = json!({"handlerName": "H", "handler": {"bound": false, "plugin": null, "version": null}});
        assert_eq!(handler(&job), "H (nothing is bound to this name)");
    }
}
