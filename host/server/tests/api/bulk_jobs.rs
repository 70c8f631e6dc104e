use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::Api;

async fn bulk(api: &Api, body: Value) -> Value {
    api.post("/jobs:bulk", &body).await.expect(StatusCode::OK)
}

async fn names(api: &Api, path: &str) -> Vec<String> {
    let list = api.get(path).await.expect(StatusCode::OK);
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn night_jobs(api: &Api) {
    api.job("a", &[("labels", json!(["night"]))]).await;
    api.job("b", &[("labels", json!(["night", "eu"]))]).await;
    api.job("c", &[]).await;
}

#[tokio::test]
async fn jobs_are_listed_by_label_and_source() {
    let api = Api::new().await;
    night_jobs(&api).await;
    assert_eq!(names(&api, "/jobs?label=night").await, ["a", "b"]);
    assert_eq!(names(&api, "/jobs?label=eu&q=b").await, ["b"]);
    assert!(names(&api, "/jobs?label=nig").await.is_empty());
    assert!(names(&api, "/jobs?source=team").await.is_empty());
}

#[tokio::test]
async fn a_preview_tells_what_would_change_and_changes_nothing() {
    let api = Api::new().await;
    night_jobs(&api).await;
    let body = json!({
        "action": "pause", "select": {"label": "night"}, "note": "bad version", "until": "2026-03-03T00:00:00Z",
        "dryRun": true,
    });
    let preview = bulk(&api, body.clone()).await;
    assert_eq!((&preview["matched"], &preview["changed"]), (&json!(2), &json!(2)));
    assert_eq!(preview["items"][0]["name"], "a");
    assert_eq!(
        preview["items"][0]["changes"],
        json!([{"field": "paused", "from": null, "to": {"note": "bad version", "until": "2026-03-03T00:00:00Z"}}])
    );
    assert!(names(&api, "/jobs?paused=true").await.is_empty());
    assert!(api.get("/audit").await.json()["items"][0]["action"] == "job.create");

    let mut real = body;
    real["dryRun"] = json!(false);
    assert_eq!(bulk(&api, real).await["changed"], 2);
    assert_eq!(names(&api, "/jobs?paused=true").await, ["a", "b"]);
    let job = api.get("/jobs/1").await.json();
    assert_eq!(
        (&job["paused"]["note"], &job["paused"]["by"]),
        (&json!("bad version"), &json!("admin"))
    );
    let audit = api.get("/audit").await.json();
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["subject"]),
        (&json!("jobs.pause"), &json!("jobs"))
    );
    assert_eq!(audit["items"][0]["after"]["names"], json!(["a", "b"]));
    assert_eq!(
        audit["items"][1]["action"], "job.create",
        "one entry for the whole operation"
    );
}

#[tokio::test]
async fn a_pause_of_all_keeps_single_pauses_and_a_resume_may_spare_them() {
    let api = Api::new().await;
    night_jobs(&api).await;
    api.post("/jobs/1/pause", &json!({"note": "disk"}))
        .await
        .expect(StatusCode::OK);
    let paused = bulk(
        &api,
        json!({"action": "pause", "select": {"all": true}, "note": "incident"}),
    )
    .await;
    assert_eq!(
        (&paused["matched"], &paused["changed"], &paused["unchanged"]),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!(api.get("/jobs/1").await.json()["paused"]["note"], "disk");
    // It is many pauses and nothing else: a job that is made later fires.
    assert_eq!(api.job("later", &[]).await["paused"], Value::Null);

    let resumed = bulk(
        &api,
        json!({"action": "resume", "select": {"pauseNote": "incident"}}),
    )
    .await;
    assert_eq!(resumed["changed"], 2);
    assert_eq!(names(&api, "/jobs?paused=true").await, ["a"]);
    let replaced = json!({"action": "pause", "select": {"ids": [1]}, "note": "again", "replace": true});
    assert_eq!(bulk(&api, replaced).await["changed"], 1);
    assert_eq!(api.get("/jobs/1").await.json()["paused"]["note"], "again");
}

#[tokio::test]
async fn what_jobs_say_is_changed_together() {
    let api = Api::new().await;
    night_jobs(&api).await;
    let night = json!({"label": "night"});
    bulk(&api, json!({"action": "stop", "select": night})).await;
    assert_eq!(names(&api, "/jobs?status=stopped").await, ["a", "b"]);
    let again = bulk(&api, json!({"action": "stop", "select": night})).await;
    assert_eq!((&again["changed"], &again["unchanged"]), (&json!(0), &json!(2)));
    bulk(&api, json!({"action": "start", "select": {"status": "stopped"}})).await;
    assert!(names(&api, "/jobs?status=stopped").await.is_empty());

    bulk(
        &api,
        json!({"action": "label", "select": {"all": true}, "labels": ["x", "eu"]}),
    )
    .await;
    assert_eq!(names(&api, "/jobs?label=eu").await, ["a", "b", "c"]);
    bulk(
        &api,
        json!({"action": "unlabel", "select": {"label": "x"}, "labels": ["night"]}),
    )
    .await;
    assert_eq!(api.get("/jobs/2").await.json()["labels"], json!(["eu", "x"]));
    let assigned = bulk(
        &api,
        json!({"action": "assignHandler", "select": {"handlerName": "EchoHandler"}, "handlerName": "Other"}),
    )
    .await;
    assert_eq!(assigned["changed"], 3);
    assert_eq!(
        assigned["items"][0]["changes"],
        json!([{"field": "handlerName", "from": "EchoHandler", "to": "Other"}])
    );
    assert_eq!(
        bulk(&api, json!({"action": "delete", "select": {"ids": [1, 3]}})).await["changed"],
        2
    );
    assert_eq!(names(&api, "/jobs").await, ["b"]);
}

#[tokio::test]
async fn a_job_that_is_refused_is_named_and_keeps_no_other() {
    let api = Api::new().await;
    night_jobs(&api).await;
    let run = api.post("/jobs/2/runs", &json!({})).await.json();
    let started = bulk(
        &api,
        json!({"action": "trigger", "select": {"ids": [1, 2, 77]}, "handlerParam": {"n": 1}}),
    )
    .await;
    assert_eq!(
        (&started["matched"], &started["changed"], &started["failed"]),
        (&json!(3), &json!(1), &json!(2))
    );
    let new = started["items"][0]["runId"].as_str().unwrap();
    let new = api.get(&format!("/runs/{new}")).await.json();
    assert_eq!(
        (&new["jobName"], &new["handlerParam"]),
        (&json!("a"), &json!("{\"n\":1}"))
    );
    assert_eq!(
        (&started["failures"][0]["id"], &started["failures"][0]["type"]),
        (&json!("77"), &json!("urn:wasmtab:problem:not-found"))
    );
    assert_eq!(
        (&started["failures"][1]["name"], &started["failures"][1]["runId"]),
        (&json!("b"), &run["id"])
    );

    let labels: Vec<_> = (0..64).map(|n| format!("l{n}")).collect();
    let crowded = bulk(
        &api,
        json!({"action": "label", "select": {"all": true}, "labels": labels}),
    )
    .await;
    assert_eq!((&crowded["changed"], &crowded["failed"]), (&json!(1), &json!(2)));
    assert!(
        crowded["failures"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("labels"),
        "{crowded}"
    );
}

#[tokio::test]
async fn a_choice_that_says_nothing_or_two_things_is_refused() {
    let api = Api::new().await;
    night_jobs(&api).await;
    for (body, reason) in [
        (json!({"action": "pause", "select": {}}), "names no job"),
        (
            json!({"action": "pause", "select": {"all": true, "label": "x"}}),
            "beside a narrower",
        ),
        (
            json!({"action": "pause", "select": {"ids": [1], "label": "x"}}),
            "beside filters",
        ),
        (
            json!({"action": "resume", "select": {"all": true}, "until": "2026-03-03T00:00:00Z"}),
            "until: goes with pause",
        ),
        (
            json!({"action": "pause", "select": {"all": true}, "until": "2026-03-01T00:00:00Z"}),
            "has passed already",
        ),
        (
            json!({"action": "label", "select": {"all": true}}),
            "labels: is missing",
        ),
        (
            json!({"action": "assignHandler", "select": {"all": true}}),
            "handlerName: is missing",
        ),
        (
            json!({"action": "frob", "select": {"all": true}}),
            "unknown variant",
        ),
        (
            json!({"action": "pause", "select": {"all": true}, "force": true}),
            "unknown field",
        ),
        (
            json!({"action": "pause", "select": {"status": "halted"}}),
            "status: `halted`",
        ),
    ] {
        let refused = api.post("/jobs:bulk", &body).await.problem(422, "invalid");
        assert!(
            refused["detail"].as_str().unwrap().contains(reason),
            "{body}: {refused}"
        );
    }
    let wrong = json!({"action": "pause", "select": {"status": "halted"}});
    let refused = api.post("/jobs:bulk", &wrong).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/select/status");
    assert!(names(&api, "/jobs?paused=true").await.is_empty());
}

#[tokio::test]
async fn operators_pause_and_authors_change() {
    let mut api = Api::new().await;
    night_jobs(&api).await;
    api.as_role("operator").await;
    bulk(&api, json!({"action": "pause", "select": {"label": "eu"}})).await;
    let stop = json!({"action": "stop", "select": {"label": "eu"}});
    api.post("/jobs:bulk", &stop).await.problem(403, "forbidden");
}
