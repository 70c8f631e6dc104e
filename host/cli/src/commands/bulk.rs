//! One operation on many: a preview, a question, the operation, and what became of it.

use serde_json::Value;
use std::time::Duration;

use super::confirm::{self, Consent};
use crate::{
    client::Client,
    context::Context,
    exit::{Exit, Failure},
    output::{
        self,
        cell::{instant, present, text, time},
        table::{Column, column, render},
    },
};

/// The longest that an operation on everything may take.
const PATIENCE: Duration = Duration::from_mins(30);
/// Rows that a preview shows.
const SHOWN: usize = 20;

/// What a preview ends with that was all that was asked for.
const NOTHING_CHANGED: &str = "a dry run: nothing was changed\n";

/// Jobs or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Jobs,
    Runs,
}

/// Shows what would be done, asks where a person can answer, does it, and tells what became of it. What the server answered
/// comes back; nothing where it was left at the preview.
pub(crate) async fn carry_out(
    context: &Context,
    client: &Client,
    kind: Kind,
    mut body: Value,
    consent: Consent,
) -> Result<Option<Value>, Failure> {
    let path = [kind.path()];
    if consent.dry_run || confirm::can_ask(consent.yes) {
        body["dryRun"] = true.into();
        let preview = client.post(&path).json(&body).within(PATIENCE).send().await?.body;
        some_matched(kind, &body, &preview)?;
        if consent.dry_run {
            context
                .out
                .one(&preview, |view| shown(kind, view) + NOTHING_CHANGED)?;
            return Ok(None);
        }
        if number(&preview, "changed") > 0 {
            output::aside(&shown(kind, &preview));
            confirm::ask(false, &question(kind, &preview))?;
        }
        body["dryRun"] = false.into();
    }
    let done = client.post(&path).json(&body).within(PATIENCE).send().await?.body;
    some_matched(kind, &body, &done)?;
    context.out.one(&done, |view| shown(kind, view))?;
    refused(kind, &done)?;
    Ok(Some(done))
}

impl Kind {
    const fn path(self) -> &'static str {
        match self {
            Self::Jobs => "jobs:bulk",
            Self::Runs => "runs:bulk",
        }
    }

    const fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Jobs, 1) => "job",
            (Self::Jobs, _) => "jobs",
            (Self::Runs, 1) => "run",
            (Self::Runs, _) => "runs",
        }
    }
}

fn number(view: &Value, name: &str) -> u64 {
    view.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// A choice of jobs that is met by none is most likely a misspelt label. Runs come and go.
fn some_matched(kind: Kind, body: &Value, view: &Value) -> Result<(), Failure> {
    let all = body.pointer("/select/all").and_then(Value::as_bool) == Some(true);
    if kind == Kind::Jobs && !all && number(view, "matched") == 0 {
        return Err(Failure::new(Exit::NotFound, "there are no such jobs"));
    }
    Ok(())
}

/// `pause` and `paused`, as the action is told before and after it.
fn words(action: &str) -> (&'static str, &'static str) {
    match action {
        "pause" => ("Pause", "paused"),
        "resume" => ("Resume", "resumed"),
        "start" => ("Start", "started"),
        "stop" => ("Stop", "stopped"),
        "label" => ("Label", "labelled"),
        "unlabel" => ("Take labels from", "stripped of labels"),
        "assignHandler" => ("Assign another handler to", "assigned another handler"),
        "delete" => ("Delete", "deleted"),
        "trigger" => ("Trigger", "triggered"),
        "cancel" => ("Cancel", "cancelled"),
        "retry" => ("Retry", "retried"),
        "rerun" => ("Re-run", "re-run"),
        _ => ("Change", "changed"),
    }
}

fn question(kind: Kind, view: &Value) -> String {
    let count = number(view, "changed");
    format!(
        "{} {count} {}?",
        words(&text(view, "/action")).0,
        kind.noun(count)
    )
}

/// What an operation did, or would do, as people see it.
fn shown(kind: Kind, view: &Value) -> String {
    let (changed, matched) = (number(view, "changed"), number(view, "matched"));
    let dry_run = view.get("dryRun").and_then(Value::as_bool) == Some(true);
    let done = words(&text(view, "/action")).1;
    let verb = match (dry_run, changed) {
        (true, _) => "would be",
        (false, 1) => "was",
        (false, _) => "were",
    };
    let mut told = format!("{changed} of {matched} {} {verb} {done}", kind.noun(matched));
    let (unchanged, repeated) = (number(view, "unchanged"), number(view, "repeated"));
    if repeated > 0 {
        told = format!("{told}; {repeated} had been repeated before");
    }
    if unchanged > repeated {
        let left = unchanged - repeated;
        told = match kind {
            Kind::Jobs => format!("{told}; {left} already so"),
            Kind::Runs => format!("{told}; {left} had ended by themselves"),
        };
    }
    told.push('\n');
    let items = view
        .get("items")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let first = &items[..items.len().min(SHOWN)];
    if !first.is_empty() {
        told.push_str(&render(&columns(kind, first), first, ""));
    }
    if changed > first.len() as u64 {
        told = format!("{told}and {} more\n", changed - first.len() as u64);
    }
    told
}

fn columns(kind: Kind, items: &[Value]) -> Vec<Column> {
    let mut columns = match kind {
        Kind::Jobs => vec![
            column("ID", |item| text(item, "/id")),
            column("NAME", |item| text(item, "/name")),
            column("CHANGES", changes),
        ],
        Kind::Runs => vec![
            column("RUN", |item| text(item, "/id")),
            column("JOB", |item| text(item, "/name")),
            column("SCHEDULED", |item| time(item, "/scheduledAt")),
            column("WAS", |item| text(item, "/status")),
        ],
    };
    if items.iter().any(|item| present(item, "/runId").is_some()) {
        columns.push(column("NEW RUN", |item| text(item, "/runId")));
    }
    columns
}

fn changes(item: &Value) -> String {
    let changes = item.get("changes").and_then(Value::as_array);
    let told: Vec<_> = changes.into_iter().flatten().map(change).collect();
    told.join("; ")
}

fn change(change: &Value) -> String {
    match (text(change, "/field").as_str(), present(change, "/to")) {
        ("paused", None) => format!("was {}", paused(change, "/from")),
        ("paused", Some(_)) if present(change, "/from").is_some() => {
            format!("{}; was {}", paused(change, "/to"), paused(change, "/from"))
        }
        ("paused", Some(_)) => paused(change, "/to"),
        ("name", None) => "deleted".into(),
        (field, to) => format!(
            "{field}: {} -> {}",
            text(change, "/from"),
            to.unwrap_or_else(|| "-".into())
        ),
    }
}

fn paused(change: &Value, pointer: &str) -> String {
    let pause = change.pointer(pointer).unwrap_or(&Value::Null);
    let mut told = "paused".to_owned();
    if let Some(by) = present(pause, "/by") {
        told = format!("{told} by {by}");
    }
    if let Some(until) = present(pause, "/until") {
        told = format!("{told} until {}", instant(&until));
    }
    if let Some(note) = present(pause, "/note") {
        told = format!("{told} ({note})");
    }
    told
}

/// The failure that refused rows are.
fn refused(kind: Kind, view: &Value) -> Result<(), Failure> {
    let failed = number(view, "failed");
    if failed == 0 {
        return Ok(());
    }
    let failures = view
        .get("failures")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let missing = |failure: &Value| text(failure, "/type") == "urn:wasmtab:problem:not-found";
    let exit = if number(view, "changed") == 0 && failures.iter().all(missing) {
        Exit::NotFound
    } else {
        Exit::Conflict
    };
    let matched = number(view, "matched");
    let verb = if failed == 1 { "was" } else { "were" };
    let mut failure = Failure::new(
        exit,
        format!("{failed} of {matched} {} {verb} refused", kind.noun(matched)),
    );
    for one in failures.iter().take(SHOWN) {
        let name = present(one, "/name").map_or_else(String::new, |name| format!(" ({name})"));
        failure = failure.with(format!("{}{name}: {}", text(one, "/id"), text(one, "/detail")));
    }
    if failed > SHOWN as u64 {
        failure = failure.with(format!("and {} more", failed - SHOWN as u64));
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_counts_and_names() {
        let view = json!({
            "action": "pause", "dryRun": true, "matched": 31, "changed": 30, "unchanged": 1, "failed": 0,
            "items": (0..25).map(|n| json!({"id": n, "name": format!("job-{n}"), "changes": [
                {"field": "paused", "from": null, "to": {"until": "2026-11-25T02:00:00+08:00", "note": "bad \u{1b}[1mversion"}}
            ]})).collect::<Vec<_>>(),
            "failures": [],
        });
        let told = shown(Kind::Jobs, &view);
        for line in [
            "30 of 31 jobs would be paused; 1 already so\n",
            "job-19  paused until 2026-11-25 02:00:00 +08:00 (bad version)\n",
            "and 10 more\n",
        ] {
            assert!(told.contains(line), "{line:?} is missing in\n{told}");
        }
        assert!(!told.contains("job-20"), "{told}");
        assert_eq!(question(Kind::Jobs, &view), "Pause 30 jobs?");
    }

    #[test]
    fn what_changes_is_told_by_its_kind() {
        let lifted =
            json!({"field": "paused", "from": {"by": "ann", "note": "disk", "until": null}, "to": null});
        assert_eq!(change(&lifted), "was paused by ann (disk)");
        let other = json!({"field": "labels", "from": ["a"], "to": ["a", "b"]});
        assert_eq!(change(&other), "labels: a -> a, b");
        let none = json!({"field": "labels", "from": ["a"], "to": []});
        assert_eq!(change(&none), "labels: a -> -");
        assert_eq!(
            change(&json!({"field": "name", "from": "a", "to": null})),
            "deleted"
        );
    }

    #[test]
    fn refused_rows_are_a_conflict_and_missing_ones_not_found() {
        let view = |changed: u64, kind: &str| {
            json!({"action": "trigger", "matched": 3, "changed": changed, "failed": 1, "failures": [
                {"id": "7", "name": "a", "type": format!("urn:wasmtab:problem:{kind}"), "detail": "run 9 is active"}
            ]})
        };
        let failure = refused(Kind::Jobs, &view(2, "overlap")).unwrap_err();
        assert_eq!(
            (failure.exit, failure.to_string().as_str()),
            (
                Exit::Conflict,
                "1 of 3 jobs was refused\n  7 (a): run 9 is active"
            )
        );
        assert_eq!(
            refused(Kind::Runs, &view(0, "not-found")).unwrap_err().exit,
            Exit::NotFound
        );
    }

    #[test]
    fn runs_that_were_repeated_before_are_told() {
        let view = json!({"action": "rerun", "dryRun": false, "matched": 3, "changed": 1, "unchanged": 2, "repeated": 2,
            "failed": 0, "items": [{"id": "1", "name": "a", "scheduledAt": "2026-11-24T00:00:00Z", "status": "trap", "runId": "9"}]});
        let told = shown(Kind::Runs, &view);
        assert!(
            told.starts_with("1 of 3 runs was re-run; 2 had been repeated before\n"),
            "{told}"
        );
        assert!(told.contains("NEW RUN"), "{told}");
    }
}
