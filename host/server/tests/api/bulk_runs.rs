use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::Api;

async fn bulk(api: &Api, body: Value) -> Value {
    api.post("/runs:bulk", &body).await.expect(StatusCode::OK)
}

async fn start(api: &Api, job: u32, param: &str) -> String {
    let body = json!({ "overlap": "allow", "handlerParam": param });
    let run = api
        .post(&format!("/jobs/{job}/runs"), &body)
        .await
        .expect(StatusCode::ACCEPTED);
    run["id"].as_str().unwrap().to_owned()
}

/// Two runs of each of two jobs, one of which bears the label `night`, a second apart.
async fn runs(api: &Api) -> Vec<String> {
    api.job("a", &[("labels", json!(["night"]))]).await;
    api.job("b", &[]).await;
    let mut runs = Vec::new();
    for (job, param) in [(1, "one"), (1, "two"), (2, "three"), (2, "four")] {
        api.clock.advance(1);
        runs.push(start(api, job, param).await);
    }
    runs
}

#[tokio::test]
async fn runs_and_rows_are_listed_by_label_and_trigger() {
    let api = Api::new().await;
    let ids = runs(&api).await;
    let listed = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    };
    let night = listed(api.get("/runs?label=night").await.json());
    assert_eq!(night, [ids[1].clone(), ids[0].clone()]);
    assert_eq!(
        listed(api.get("/runs?trigger=manual&label=night").await.json()).len(),
        2
    );
    assert!(listed(api.get("/runs?trigger=cron").await.json()).is_empty());
    assert!(listed(api.get("/logs?reason=overlap&trigger=cron").await.json()).is_empty());
    api.get("/runs?trigger=luck").await.problem(422, "invalid");
    api.get("/logs?reason=luck").await.problem(422, "invalid");
}

#[tokio::test]
async fn runs_are_cancelled_together_after_a_preview() {
    let api = Api::new().await;
    let ids = runs(&api).await;
    let body = json!({"action": "cancel", "select": {"label": "night"}, "dryRun": true});
    let preview = bulk(&api, body).await;
    assert_eq!(
        (
            &preview["matched"],
            &preview["changed"],
            &preview["items"][0]["name"]
        ),
        (&json!(2), &json!(2), &json!("a"))
    );
    assert_eq!(
        api.get(&format!("/runs/{}", ids[0])).await.json()["status"],
        "queued"
    );

    let done = bulk(&api, json!({"action": "cancel", "select": {"label": "night"}})).await;
    assert_eq!(done["changed"], 2);
    for (run, status) in ids.iter().zip(["cancelled", "cancelled", "queued", "queued"]) {
        assert_eq!(api.get(&format!("/runs/{run}")).await.json()["status"], status);
    }
    let again = bulk(&api, json!({"action": "cancel", "select": {"label": "night"}})).await;
    assert_eq!(again["matched"], 0);
    let audit = api.get("/audit").await.json();
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["after"]["names"]),
        (&json!("runs.cancel"), &json!(["a"]))
    );
}

#[tokio::test]
async fn a_failed_range_is_re_run_once_for_its_own_instants() {
    let api = Api::new().await;
    let ids = runs(&api).await;
    bulk(&api, json!({"action": "cancel", "select": {"all": true}})).await;
    api.clock.advance(60);
    let select = json!({
        "jobName": "a", "state": "cancelled", "since": "2026-03-02T00:00:00Z", "until": "2026-03-02T01:00:00Z"
    });
    let body = json!({"action": "rerun", "select": select});
    let mut preview = body.clone();
    preview["dryRun"] = json!(true);
    assert_eq!(bulk(&api, preview).await["changed"], 2);

    let done = bulk(&api, body.clone()).await;
    assert_eq!(
        (&done["changed"], &done["items"][0]["id"], &done["items"][1]["id"]),
        (&json!(2), &json!(ids[0]), &json!(ids[1]))
    );
    let shown = |index: usize| format!("/runs/{}", done["items"][index]["runId"].as_str().unwrap());
    let (first, second) = (api.get(&shown(0)).await.json(), api.get(&shown(1)).await.json());
    assert_eq!(
        (
            &first["retryOf"],
            &first["handlerParam"],
            &first["trigger"],
            &first["held"]
        ),
        (&json!(ids[0]), &json!("one"), &json!("backfill"), &Value::Null)
    );
    assert_eq!(first["scheduledAt"], "2026-03-02T00:00:01Z");
    assert_eq!(
        (&second["handlerParam"], &second["held"]),
        (&json!("two"), &json!("turn")),
        "the runs of a job follow one another"
    );

    // The same command again finds them repeated; also once the new runs have ended.
    let again = bulk(&api, body.clone()).await;
    assert_eq!((&again["changed"], &again["repeated"]), (&json!(0), &json!(2)));
    let mut wanted = body;
    wanted["again"] = json!(true);
    assert_eq!(bulk(&api, wanted).await["changed"], 2);
}

#[tokio::test]
async fn runs_that_are_named_and_not_fit_are_failures() {
    let api = Api::new().await;
    let ids = runs(&api).await;
    let repeated = bulk(&api, json!({"action": "retry", "select": {"ids": [ids[0], "7"]}})).await;
    let kinds: Vec<_> = repeated["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["urn:wasmtab:problem:run-active", "urn:wasmtab:problem:not-found"]
    );
    bulk(&api, json!({"action": "cancel", "select": {"ids": [ids[0]]}})).await;
    let ended = bulk(&api, json!({"action": "cancel", "select": {"ids": [ids[0]]}})).await;
    assert_eq!(ended["failures"][0]["type"], "urn:wasmtab:problem:run-ended");
    let now = bulk(&api, json!({"action": "retry", "select": {"ids": [ids[0]]}})).await;
    let new = format!("/runs/{}", now["items"][0]["runId"].as_str().unwrap());
    let new = api.get(&new).await.json();
    assert_eq!(
        (&new["trigger"], &new["held"]),
        (&json!("manual"), &json!("turn")),
        "another run of the job goes on"
    );

    api.delete("/jobs/2", "*").await.expect(StatusCode::NO_CONTENT);
    let orphan = bulk(&api, json!({"action": "rerun", "select": {"ids": [ids[2]]}})).await;
    assert_eq!(orphan["failures"][0]["type"], "urn:wasmtab:problem:job-deleted");
}

#[tokio::test]
async fn a_call_is_repeated_too() {
    let api = Api::new().await;
    let call = json!({"handlerName": "H", "handlerParam": "p", "delay": "10m", "retryCount": 2});
    let run = api.post("/calls", &call).await.expect(StatusCode::ACCEPTED);
    bulk(&api, json!({"action": "cancel", "select": {"trigger": "call"}})).await;
    let done = bulk(&api, json!({"action": "retry", "select": {"handlerName": "H"}})).await;
    assert_eq!(done["items"][0]["name"], "H");
    let new = format!("/runs/{}", done["items"][0]["runId"].as_str().unwrap());
    let new = api.get(&new).await.json();
    assert_eq!(
        (
            &new["trigger"],
            &new["handlerParam"],
            &new["retryOf"],
            &new["jobId"]
        ),
        (&json!("call"), &json!("p"), &run["id"], &Value::Null)
    );
}

#[tokio::test]
async fn a_choice_of_runs_is_checked() {
    let api = Api::new().await;
    runs(&api).await;
    for (body, reason) in [
        (json!({"action": "cancel", "select": {}}), "names no run"),
        (
            json!({"action": "cancel", "select": {"all": true}, "again": true}),
            "again: goes with retry",
        ),
        (
            json!({"action": "retry", "select": {"jobId": 1, "jobName": "a"}}),
            "jobName: stands beside",
        ),
        (
            json!({"action": "retry", "select": {"state": "lost"}}),
            "state: `lost`",
        ),
        (json!({"action": "retry", "select": {"ids": ["x"]}}), "ids: `x`"),
        (
            json!({"action": "retry", "select": {"since": "noon"}}),
            "since: `noon`",
        ),
    ] {
        let refused = api.post("/runs:bulk", &body).await.problem(422, "invalid");
        assert!(
            refused["detail"].as_str().unwrap().contains(reason),
            "{body}: {refused}"
        );
    }
    api.post(
        "/runs:bulk",
        &json!({"action": "retry", "select": {"jobName": "z"}}),
    )
    .await
    .problem(404, "not-found");
}
