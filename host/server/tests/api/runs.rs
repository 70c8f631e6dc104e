use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn a_trigger_makes_a_run_and_says_where_it_is() {
    let api = Api::new().await;
    let job = api
        .job(
            "nightly",
            &[
                ("timezone", json!("Asia/Shanghai")),
                ("handlerParam", json!({"a": 1})),
            ],
        )
        .await;
    let path = format!("/jobs/{}/runs", job["id"]);
    let run = api
        .request(Method::POST, &path)
        .send()
        .await
        .expect(StatusCode::ACCEPTED);
    assert_eq!(
        (&run["trigger"], &run["requestedBy"]),
        (&json!("manual"), &json!("admin"))
    );
    assert_eq!(run["handlerParam"], "{\"a\":1}");
    assert!(run["scheduledAt"].as_str().unwrap().ends_with("+08:00"), "{run}");
    let shown = api
        .get(&format!("/runs/{}", run["id"].as_str().unwrap()))
        .await
        .expect(StatusCode::OK);
    assert_eq!((&shown["id"], &shown["attempts"]), (&run["id"], &json!([])));

    let blocked = api.post(&path, &json!({})).await.problem(409, "overlap");
    assert_eq!(blocked["runId"], run["id"]);
    let body = json!({ "overlap": "allow", "handlerParam": "other" });
    let beside = api.post(&path, &body).await.expect(StatusCode::ACCEPTED);
    assert_eq!(beside["handlerParam"], "other");
    let listed = api.get(&path).await.json();
    assert_eq!(
        listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| &run["id"])
            .collect::<Vec<_>>(),
        [&beside["id"], &run["id"]]
    );
    api.post("/jobs/99/runs", &json!({}))
        .await
        .problem(404, "not-found");
    let large = json!({ "handlerParam": "x".repeat(64 * 1024 + 1), "overlap": "allow" });
    api.post(&path, &large).await.problem(422, "invalid");
}

#[tokio::test]
async fn a_run_is_cancelled_once_and_may_then_be_repeated() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let run = api
        .post(&format!("/jobs/{}/runs", job["id"]), &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let retry = format!("{path}/retry");
    api.post(&retry, &json!({})).await.problem(409, "run-active");
    let cancelled = api
        .post(&format!("{path}/cancel"), &json!({}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&cancelled["status"], &cancelled["cancelRequestedBy"]),
        (&json!("cancelled"), &json!("admin"))
    );
    api.post(&format!("{path}/cancel"), &json!({}))
        .await
        .problem(409, "run-ended");
    let again = api.request(Method::POST, &retry).send().await;
    assert!(
        again.header("location").starts_with("/api/v1/runs/"),
        "{:?}",
        again.headers
    );
    assert_eq!(again.expect(StatusCode::ACCEPTED)["retryOf"], run["id"]);
    api.post("/runs/1/cancel", &json!({}))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn waiting_for_a_run_ends_with_it() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let run = api
        .post(&format!("/jobs/{}/runs", job["id"]), &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let waiting = format!("{path}?wait=60s");
    let cancel = format!("{path}/cancel");
    let (waited, _) = tokio::join!(api.get(&waiting), api.post(&cancel, &Value::Null));
    assert_eq!(waited.expect(StatusCode::OK)["status"], "cancelled");
}

#[tokio::test]
async fn a_closing_server_ends_waits() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let run = api
        .post(&format!("/jobs/{}/runs", job["id"]), &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    let path = format!("/runs/{}?wait=60s", run["id"].as_str().unwrap());
    let (waited, ()) = tokio::join!(api.get(&path), async { api.closing.cancel() });
    assert_eq!(waited.expect(StatusCode::OK)["status"], "queued");
}

#[tokio::test]
async fn a_call_needs_no_job() {
    let api = Api::new().await;
    let body = json!({ "handlerName": "OrderTimeoutHandler", "handlerParam": {"order": 7}, "delay": "10m", "retryCount": 2 });
    let run = api.post("/calls", &body).await.expect(StatusCode::ACCEPTED);
    assert_eq!(
        (&run["trigger"], &run["jobId"], &run["status"]),
        (&json!("call"), &Value::Null, &json!("scheduled"))
    );
    assert_eq!(run["scheduledAt"], "2026-03-02T00:10:00Z");
    api.post(
        "/calls",
        &json!({ "handlerName": "H", "at": "2026-03-01T00:00:00Z" }),
    )
    .await
    .problem(422, "invalid");
    api.post(
        "/calls",
        &json!({ "handlerName": "H", "cronExpression": "* * * * *" }),
    )
    .await
    .problem(422, "invalid");
    let both = json!({ "handlerName": "H", "delay": 5, "at": "2026-03-03T00:00:00Z" });
    api.post("/calls", &both).await.problem(422, "invalid");
    let missing = api
        .post("/calls", &json!({ "delay": 5 }))
        .await
        .problem(422, "invalid");
    assert_eq!(missing["errors"][0]["pointer"], "/handlerName");
}

#[tokio::test]
async fn the_filters_of_lists_are_checked() {
    let api = Api::new().await;
    let wrong = api.get("/runs?state=done").await.problem(422, "invalid");
    assert!(
        wrong["detail"].as_str().unwrap().contains("waitingRetry"),
        "{wrong}"
    );
    api.get("/runs?since=yesterday").await.problem(422, "invalid");
    api.get("/logs?status=queued").await.problem(422, "invalid");
    api.get("/logs?runId=x").await.problem(422, "invalid");
    assert_eq!(
        api.get("/runs?state=failure&handlerName=H").await.json()["items"],
        json!([])
    );
    assert_eq!(
        api.get("/logs?status=skipped&jobId=1").await.json()["items"],
        json!([])
    );
}
