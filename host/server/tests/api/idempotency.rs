use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

async fn trigger(api: &Api, key: &str, body: &Value) -> crate::harness::Answer {
    api.request(Method::POST, "/jobs/1/runs")
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn the_same_key_gets_the_same_run() {
    let api = Api::new().await;
    api.job("nightly", &[("overlap", json!("allow"))]).await;
    let first = trigger(&api, "k1", &json!({ "handlerParam": "a" })).await;
    let again = trigger(&api, "k1", &json!({ "handlerParam": "a" })).await;
    assert_eq!((first.status, &first.text), (StatusCode::ACCEPTED, &again.text));
    assert_eq!(
        api.get("/runs").await.json()["items"].as_array().unwrap().len(),
        1
    );
    let other = trigger(&api, "k2", &json!({ "handlerParam": "a" })).await;
    assert_ne!(other.expect(StatusCode::ACCEPTED)["id"], first.json()["id"]);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let api = Api::new().await;
    api.job("nightly", &[("overlap", json!("allow"))]).await;
    trigger(&api, "k1", &json!({ "handlerParam": "a" }))
        .await
        .expect(StatusCode::ACCEPTED);
    let refused = trigger(&api, "k1", &json!({ "handlerParam": "b" }))
        .await
        .problem(422, "invalid");
    assert!(
        refused["detail"].as_str().unwrap().contains("Idempotency-Key"),
        "{refused}"
    );
    trigger(&api, &"k".repeat(256), &json!({}))
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn a_refused_request_may_use_its_key_again() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    let run = trigger(&api, "k1", &json!({})).await.expect(StatusCode::ACCEPTED);
    trigger(&api, "k2", &json!({})).await.problem(409, "overlap");
    api.post(
        &format!("/runs/{}/cancel", run["id"].as_str().unwrap()),
        &json!({}),
    )
    .await
    .expect(StatusCode::OK);
    let later = trigger(&api, "k2", &json!({})).await.expect(StatusCode::ACCEPTED);
    assert_eq!(later["jobId"], job["id"]);
}

#[tokio::test]
async fn a_key_is_its_senders_own() {
    let mut api = Api::new().await;
    api.job("nightly", &[("overlap", json!("allow"))]).await;
    let first = trigger(&api, "k1", &json!({})).await.expect(StatusCode::ACCEPTED);
    api.as_role("operator").await;
    let other = trigger(&api, "k1", &json!({})).await.expect(StatusCode::ACCEPTED);
    assert_ne!(first["id"], other["id"]);
}
