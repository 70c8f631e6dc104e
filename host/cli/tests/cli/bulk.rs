//! What commands about many jobs or runs ask of a server, and what they make of its answers.

use serde_json::{Value, json};

use crate::canned::{Canned, Rule};

fn rule(part: &'static str, status: u16, body: &Value) -> Rule {
    (part, status, "", body.to_string())
}

fn body(server: &Canned, part: &str, index: usize) -> Value {
    serde_json::from_str(&server.asked(part)[index].body).expect("JSON")
}

fn jobs(changed: u64, failures: &Value) -> Value {
    json!({
        "action": "pause", "dryRun": false, "matched": 3, "changed": changed, "unchanged": 0,
        "failed": failures.as_array().map(Vec::len), "failures": failures,
        "items": [{"id": 1, "name": "a", "changes": [{"field": "paused", "from": null, "to": {"until": null, "note": "n"}}]}],
    })
}

#[test]
fn a_script_is_not_asked_and_no_preview_is_fetched_for_it() {
    let server = Canned::new(vec![rule("/jobs:bulk", 200, &jobs(3, &json!([])))]);
    let done = server
        .wasmtab(&["pause", "--label", "night", "--note", "n"])
        .exits(0);
    assert!(done.stdout.contains("3 of 3 jobs were paused"), "{}", done.stdout);
    assert_eq!(server.asked("/jobs:bulk").len(), 1);
    assert_eq!(
        body(&server, "/jobs:bulk", 0),
        json!({"action": "pause", "select": {"label": "night"}, "note": "n", "replace": false})
    );
    server.wasmtab(&["resume", "--all", "--note", "n"]).exits(0);
    assert_eq!(
        body(&server, "/jobs:bulk", 1),
        json!({"action": "resume", "select": {"pauseNote": "n"}})
    );
    let preview = server.wasmtab(&["pause", "--all", "--dry-run", "-o", "json"]);
    assert_eq!(preview.exits(0).json()["changed"], 3);
    assert_eq!(body(&server, "/jobs:bulk", 2)["dryRun"], true);
    assert_eq!(server.asked("/jobs:bulk").len(), 3, "a dry run asks once");
}

#[test]
fn a_part_that_was_refused_is_a_conflict_and_named() {
    let failures = json!([{"id": "7", "name": "b", "type": "urn:wasmtab:problem:overlap", "detail": "run 9 is active", "runId": "9"}]);
    let server = Canned::new(vec![rule("/jobs:bulk", 200, &jobs(2, &failures))]);
    let done = server
        .wasmtab(&["job", "bulk", "pause", "--all"])
        .exits(5)
        .says("1 of 3 jobs was refused")
        .says("7 (b): run 9 is active");
    assert!(done.stdout.contains("2 of 3 jobs were paused"), "{}", done.stdout);
    let none = json!({"action": "pause", "dryRun": false, "matched": 0, "changed": 0, "failed": 0, "items": [], "failures": []});
    let server = Canned::new(vec![rule("/jobs:bulk", 200, &none)]);
    server
        .wasmtab(&["pause", "--label", "typo"])
        .exits(4)
        .says("no such jobs");
    server.wasmtab(&["pause", "--all"]).exits(0);
}

#[test]
fn runs_are_chosen_by_filters_on_the_server() {
    let runs = json!({
        "action": "rerun", "dryRun": false, "matched": 2, "changed": 1, "unchanged": 1, "repeated": 1, "failed": 0, "failures": [],
        "items": [{"id": "1", "name": "a", "scheduledAt": "2026-11-24T01:00:00Z", "status": "trap", "runId": "9"}],
    });
    let job = json!({"items": [{"id": 4, "name": "nightly"}]});
    let server = Canned::new(vec![
        rule("/runs:bulk", 200, &runs),
        rule("/jobs?", 200, &job),
        rule("/jobs/4 ", 200, &json!({"id": 4, "name": "nightly"})),
        rule("/runs/1/cancel", 200, &json!({"id": "1", "status": "cancelled"})),
        rule("/runs/9", 200, &json!({"id": "9", "status": "success"})),
    ]);
    let rerun = [
        "run",
        "rerun",
        "--job",
        "nightly",
        "--state",
        "trap",
        "--since",
        "2026-11-24T00:00:00Z",
        "--overlap",
        "allow",
    ];
    let done = server.wasmtab(&rerun).exits(0);
    assert!(
        done.stdout
            .contains("1 of 2 runs was re-run; 1 had been repeated before"),
        "{}",
        done.stdout
    );
    assert_eq!(
        body(&server, "/runs:bulk", 0),
        json!({"action": "rerun", "again": false, "overlap": "allow", "select": {"jobId": 4, "state": "trap", "since": "2026-11-24T00:00:00Z"}})
    );
    server
        .wasmtab(&["run", "cancel", "--label", "night", "--trigger", "cron"])
        .exits(0);
    assert_eq!(
        body(&server, "/runs:bulk", 1),
        json!({"action": "cancel", "select": {"label": "night", "trigger": "cron"}})
    );
    // One run by its id has an endpoint of its own; several are one operation.
    server.wasmtab(&["run", "cancel", "1"]).exits(0);
    assert_eq!(server.asked("/runs/1/cancel").len(), 1);
    server.wasmtab(&["run", "cancel", "1", "2"]).exits(0);
    assert_eq!(
        body(&server, "/runs:bulk", 2)["select"],
        json!({"ids": ["1", "2"]})
    );
    let waited = server
        .wasmtab(&["run", "rerun", "1", "--wait", "-o", "ndjson"])
        .exits(0);
    assert_eq!(waited.stdout.lines().count(), 2);
}

#[test]
fn a_choice_of_runs_is_one_choice() {
    let server = Canned::new(Vec::new());
    for args in [
        &["run", "cancel"][..],
        &["run", "cancel", "1", "--label", "x"],
        &["run", "cancel", "--all", "--label", "x"],
        &["run", "retry", "--label", "x", "--wait"],
        &["pause"],
        &["pause", "--all", "--label", "x"],
        &["resume", "--all", "--until", "1h"],
        &["job", "bulk", "pause"],
        &["apply", "-f", "-", "--prune"],
    ] {
        server.wasmtab(args).exits(2);
    }
    assert!(server.asked("").is_empty());
}

#[test]
fn a_list_of_skipped_fires_is_read_from_the_log() {
    let server = Canned::new(vec![
        rule("/logs?", 200, &json!({"items": []})),
        rule("/runs?", 200, &json!({"items": []})),
    ]);
    server.wasmtab(&["run", "list", "--reason", "paused"]).exits(0);
    server
        .wasmtab(&["run", "list", "--state", "skipped", "--label", "night"])
        .exits(0);
    let asked = server.asked("/logs?");
    assert!(asked[0].line.contains("reason=paused"), "{asked:?}");
    assert!(
        asked[1].line.contains("status=skipped") && asked[1].line.contains("label=night"),
        "{asked:?}"
    );
    server.wasmtab(&["run", "list", "--trigger", "chain"]).exits(0);
    assert!(server.asked("/runs?")[0].line.contains("trigger=chain"));
}

#[test]
fn a_backfill_runs_what_it_has_counted() {
    let view = |dry: bool| {
        json!({
            "dryRun": dry, "count": 1, "timezone": "UTC", "hadRun": 0, "skipped": 0, "unknown": 1, "items": [
                {"at": "2026-11-24T01:00:00Z", "included": true, "was": null, "reason": null, "wasRunId": null, "runId": null}
            ],
        })
    };
    let server = Canned::new(vec![
        rule("/jobs/4/backfills", 200, &view(false)),
        rule("/jobs/4 ", 200, &json!({"id": 4, "name": "nightly"})),
    ]);
    server
        .wasmtab(&["job", "backfill", "4", "--since", "2026-11-24T00:00:00Z"])
        .exits(0);
    assert_eq!(
        body(&server, "backfills", 0),
        json!({"since": "2026-11-24T00:00:00Z", "onlyMissed": false, "dryRun": true})
    );
    assert_eq!(
        body(&server, "backfills", 1),
        json!({"since": "2026-11-24T00:00:00Z", "until": "2026-11-24T01:00:00.000001Z", "onlyMissed": false, "dryRun": false})
    );
}

#[test]
fn an_export_is_yaml_for_people_and_json_for_programs() {
    let document = json!({"jobs": [{"timezone": "UTC", "name": "a", "handlerName": "H", "cronExpression": "* * * * *"}]});
    let server = Canned::new(vec![rule("/jobs:export", 200, &document)]);
    let yaml = server.wasmtab(&["export", "--label", "night"]).exits(0).stdout;
    assert_eq!(
        yaml,
        "- name: a\n  handlerName: H\n  cronExpression: '* * * * *'\n  timezone: UTC\n"
    );
    assert!(server.asked("export")[0].line.contains("label=night"));
    assert_eq!(
        server.wasmtab(&["export", "-o", "json"]).exits(0).json(),
        document
    );
}
