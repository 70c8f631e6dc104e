//! How commands speak to a server, and what they make of its answers.

use crate::canned::{Canned, Rule};
use serde_json::{Value, json};

fn rule(part: &'static str, status: u16, body: &Value) -> Rule {
    (part, status, "", body.to_string())
}

fn job(id: u64, name: &str) -> Value {
    json!({"id": id, "name": name, "status": "normal", "handlerName": "H", "cronExpression": "0 2 * * *",
        "timezone": "Asia/Shanghai", "nextFireAt": "2026-11-25T02:00:00+08:00", "revision": 4})
}

#[test]
fn lists_follow_cursors_up_to_their_limit() {
    let server = Canned::new(vec![
        rule(
            "cursor=two",
            200,
            &json!({"items": [job(3, "c")], "nextCursor": null}),
        ),
        rule(
            "/api/v1/jobs?",
            200,
            &json!({"items": [job(1, "a"), job(2, "b")], "nextCursor": "two"}),
        ),
    ]);
    let list = server.wasmtab(&["job", "list", "-o", "json"]).exits(0).json();
    assert_eq!(list, json!({"items": [job(1, "a"), job(2, "b"), job(3, "c")]}));
    let list = server
        .wasmtab(&["job", "list", "--limit", "2", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(list["nextCursor"], "two");
    let lines = server.wasmtab(&["job", "list", "-o", "ndjson"]).exits(0).stdout;
    assert_eq!(lines.lines().count(), 3);
    let table = server.wasmtab(&["job", "list"]).exits(0).stdout;
    assert!(table.contains("2026-11-25 02:00:00 +08:00"), "{table}");
    assert!(
        server
            .asked("/jobs")
            .iter()
            .all(|asked| asked.headers.contains(&"authorization: Bearer t0ken".into()))
    );
}

#[test]
fn a_job_is_named_by_name_or_id() {
    let server = Canned::new(vec![
        rule(
            "/jobs/7/next",
            200,
            &json!({"next": ["2026-11-25T02:00:00+08:00"]}),
        ),
        rule("/jobs/7 ", 200, &job(7, "数据备份")),
        rule("/jobs?", 200, &json!({"items": [job(7, "数据备份")]})),
    ]);
    for said in ["7", "数据备份"] {
        let next = server
            .wasmtab(&["job", "next", said, "-n", "1", "-o", "json"])
            .exits(0)
            .json();
        assert_eq!(next, json!({"next": ["2026-11-25T02:00:00+08:00"]}));
    }
    server
        .wasmtab(&["job", "show", "other"])
        .exits(4)
        .says("there is no job `other`");
}

#[test]
fn an_edit_names_the_revision_that_it_saw() {
    let mut seen = rule("GET /api/v1/jobs/7 ", 200, &job(7, "a"));
    seen.2 = "etag: \"4\"\r\n";
    let stale = json!({"title": "Precondition failed", "detail": "the job is at revision 5", "status": 412});
    let server = Canned::new(vec![seen, rule("PATCH", 412, &stale)]);
    let edit = [
        "job",
        "edit",
        "7",
        "--set",
        "retryCount=3",
        "--retry-interval",
        "5m",
    ];
    server.wasmtab(&edit).exits(5).says("the job is at revision 5");
    let asked = &server.asked("PATCH")[0];
    assert!(asked.headers.contains(&"if-match: \"4\"".into()), "{asked:?}");
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body).unwrap(),
        json!({"retryCount": 3, "retryInterval": "5m"})
    );
}

#[test]
fn refusals_become_exit_codes_and_one_clear_line() {
    for (status, exit) in [
        (400, 2),
        (401, 3),
        (403, 3),
        (404, 4),
        (409, 5),
        (412, 5),
        (413, 2),
        (422, 2),
        (428, 2),
        (503, 6),
    ] {
        let body = json!({"title": "No", "detail": "because of that", "status": status});
        let server = Canned::new(vec![rule("/jobs", status, &body)]);
        server
            .wasmtab(&["job", "list"])
            .exits(exit)
            .says("error: because of that");
    }
    let server = Canned::new(vec![("/jobs", 200, "", "<html>".into())]);
    server
        .wasmtab(&["job", "list"])
        .exits(6)
        .says("is it a wasmtab server?");
}

#[test]
fn wrong_fields_are_named() {
    let body = json!({"title": "Invalid", "detail": "2 fields are wrong", "status": 422, "errors": [
        {"pointer": "/cronExpression", "detail": "cronExpression: hour field `25`: out of range"},
        {"pointer": "/timezone", "detail": "timezone: `Mars` is not a zone"},
    ]});
    let server = Canned::new(vec![rule("POST /api/v1/jobs ", 422, &body)]);
    let create = [
        "job",
        "create",
        "a",
        "--handler",
        "H",
        "--cron",
        "0 25 * * *",
        "--tz",
        "Mars",
    ];
    server
        .wasmtab(&create)
        .exits(2)
        .says("hour field `25`")
        .says("timezone: `Mars`");
}

#[test]
fn a_wait_ends_with_the_run() {
    let run = |status: &str| json!({"id": "9", "status": status, "handlerName": "H", "executeIndex": 1, "error": "disk full"});
    for (status, exit, said) in [
        ("success", 0, ""),
        ("failure", 1, "run 9 ended as failure: disk full"),
    ] {
        let server = Canned::new(vec![
            rule("POST /api/v1/calls", 202, &run("queued")),
            rule("GET /api/v1/runs/9", 200, &run(status)),
        ]);
        let done = server
            .wasmtab(&["call", "H", "--param", "x", "--wait", "-o", "json"])
            .exits(exit)
            .says(said);
        assert_eq!(done.json()["status"], status);
        assert_eq!(
            server.asked("POST")[0].body,
            json!({"handlerName": "H", "handlerParam": "x"}).to_string()
        );
    }
    let server = Canned::new(vec![
        rule("POST /api/v1/calls", 202, &run("queued")),
        rule("GET /api/v1/runs/9", 200, &run("running")),
    ]);
    server
        .wasmtab(&["call", "H", "--wait", "--wait-timeout", "0s"])
        .exits(124)
        .says("run 9 is still running");
}

#[test]
fn a_plan_is_printed_with_zone_and_next_fire() {
    let mut planned = job(1, "数据备份");
    planned["action"] = "created".into();
    planned["changes"] = json!([]);
    planned["warnings"] = json!(["nothing is bound to \u{1b}[31mH\u{1b}[0m yet"]);
    let plan = json!({"dryRun": true, "created": 1, "updated": 0, "unchanged": 0, "jobs": [planned]});
    let server = Canned::new(vec![rule("/jobs:apply", 200, &plan)]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        &file,
        "- name: 数据备份\n  cronExpression: \"0 2 * * *\"\n  handlerName: H\n",
    )
    .unwrap();
    let path = file.path().display().to_string();
    let done = server.wasmtab(&["apply", "-f", &path, "--dry-run"]).exits(0);
    for part in [
        "created",
        "数据备份",
        "Asia/Shanghai",
        "2026-11-25 02:00:00 +08:00",
        "nothing was changed",
    ] {
        assert!(done.stdout.contains(part), "`{part}` is not in:\n{}", done.stdout);
    }
    assert_eq!(done.stderr, "warning: 数据备份: nothing is bound to H yet\n");
    let asked: Value = serde_json::from_str(&server.asked("jobs:apply")[0].body).unwrap();
    assert_eq!(asked["dryRun"], true);
    assert_eq!(asked["document"][0]["cronExpression"], "0 2 * * *");
}

#[test]
fn grants_are_added_to_those_that_are_there() {
    let handler = json!({"name": "H", "plugin": "p", "revision": 2, "grants": {"networks": ["10.0.0.0/8"]}});
    let mut seen = rule("GET /api/v1/handlers/H", 200, &handler);
    seen.2 = "etag: \"2\"\r\n";
    let server = Canned::new(vec![seen, rule("PATCH /api/v1/handlers/H", 200, &handler)]);
    server
        .wasmtab(&[
            "handler",
            "grant",
            "H",
            "dir=/srv:/data:rw",
            "--secret",
            "TOKEN=s3cret",
        ])
        .exits(0);
    let asked: Value = serde_json::from_str(&server.asked("PATCH")[0].body).unwrap();
    assert_eq!(asked["grants"]["networks"], json!(["10.0.0.0/8"]));
    assert_eq!(asked["grants"]["directories"][0]["guest"], "/data");
    assert_eq!(asked["grants"]["secrets"], json!(["TOKEN"]));
    assert_eq!(asked["secrets"], json!({"TOKEN": "s3cret"}));
}

#[test]
fn a_binding_keeps_its_bound_unless_another_is_said() {
    let handler = json!({"name": "H", "plugin": "p", "revision": 2, "grants": {}, "maxConcurrency": 3});
    let mut seen = rule("GET /api/v1/handlers/H", 200, &handler);
    seen.2 = "etag: \"2\"\r\n";
    let server = Canned::new(vec![seen, rule("PUT /api/v1/handlers/H", 200, &handler)]);
    for (flags, bound) in [
        (&[][..], json!(3)),
        (&["--max-concurrency", "7"][..], json!(7)),
        (&["--max-concurrency", "none"][..], Value::Null),
    ] {
        server
            .wasmtab(&[&["handler", "bind", "H", "p"], flags].concat())
            .exits(0);
        let asked = server.asked("PUT");
        let asked: Value = serde_json::from_str(&asked.last().unwrap().body).unwrap();
        assert_eq!(asked["maxConcurrency"], bound);
    }
    server
        .wasmtab(&["handler", "bind", "H", "p", "--max-concurrency", "many"])
        .exits(2);
}

#[test]
fn state_goes_in_and_out_byte_for_byte() {
    let server = Canned::new(vec![
        rule("GET /api/v1/jobs?", 200, &json!({"items": [job(7, "sync")]})),
        rule("GET /api/v1/jobs/7 ", 200, &job(7, "sync")),
        ("format=raw", 200, "", "a\u{1b}b".into()),
        rule("PUT", 200, &json!({"key": "a/b", "bytes": 3, "text": "v\n"})),
        rule("DELETE", 200, &json!({"removed": 2})),
    ]);
    let got = server.wasmtab(&["state", "get", "--job", "sync", "a/b"]).exits(0);
    assert_eq!(got.stdout, "a\u{1b}b");
    assert_eq!(server.asked("GET /api/v1/jobs/7/state/a%2Fb?format=raw").len(), 1);

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("value");
    std::fs::write(&file, "v\n").unwrap();
    let value = format!("@{}", file.display());
    server
        .wasmtab(&["state", "set", "--handler", "H H", "k", &value])
        .exits(0);
    let put = server.asked("PUT /api/v1/handlers/H%20H/state/k").remove(0);
    assert_eq!(put.body, "v\n");
    assert!(
        put.headers
            .contains(&"content-type: application/octet-stream".into())
    );

    server
        .wasmtab(&["state", "clear", "--job", "7", "--prefix", "a/"])
        .exits(0);
    assert_eq!(server.asked("DELETE /api/v1/jobs/7/state?prefix=a%2F").len(), 1);
    server
        .wasmtab(&["state", "get", "--job", "7", ".."])
        .exits(2)
        .says("clear --prefix");
    server.wasmtab(&["state", "show"]).exits(2).says("--job");
    server
        .wasmtab(&["state", "show", "--job", "7", "--handler", "H"])
        .exits(2);
}
