use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn every_refusal_has_one_shape() {
    let api = Api::new().await;
    let post = |path: &str| api.request(Method::POST, path);
    api.get("/nowhere").await.problem(404, "not-found");
    api.get("/jobs/abc").await.problem(404, "not-found");
    api.get("/jobs?limit=many").await.problem(400, "bad-request");
    api.get("/jobs?limt=3").await.problem(400, "bad-request");
    post("/jobs")
        .header("content-type", "application/json")
        .body("{\"name\":")
        .send()
        .await
        .problem(400, "bad-json");
    post("/jobs")
        .body("name=x")
        .send()
        .await
        .problem(415, "unsupported-media-type");
    post("/plugins/p/versions")
        .body("x")
        .send()
        .await
        .problem(415, "unsupported-media-type");
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    post("/jobs")
        .header("content-type", "application/json")
        .body(large)
        .send()
        .await
        .problem(413, "too-large");
    let wrong = api.request(Method::DELETE, "/jobs").send().await;
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    wrong.problem(405, "method-not-allowed");
}

#[tokio::test]
async fn wrong_fields_are_named_by_pointer() {
    let api = Api::new().await;
    let job = json!({ "name": "x", "handlerName": "H", "cronExpression": "61 * * * *", "timezone": "Mars", "retrys": 3 });
    let problem = api.post("/jobs", &job).await.problem(422, "invalid");
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/retrys", "/timezone", "/cronExpression"]);

    let call = json!({ "handlerName": "H", "delay": "soon" });
    let problem = api.post("/calls", &call).await.problem(422, "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("soon"), "{problem}");
    let token = json!({ "name": "x", "role": "viewer", "rights": [] });
    let problem = api.post("/tokens", &token).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/rights");
}

#[tokio::test]
async fn a_client_may_name_its_request() {
    let api = Api::new().await;
    let named = api
        .request(Method::GET, "/nowhere")
        .header("x-request-id", "trace-7")
        .send()
        .await;
    assert_eq!(named.problem(404, "not-found")["requestId"], "trace-7");
    let odd = api
        .request(Method::GET, "/me")
        .header("x-request-id", "a b<script>")
        .send()
        .await;
    assert_ne!(odd.header("x-request-id"), "a b<script>");
    assert!(!odd.header("x-request-id").is_empty());
}

#[tokio::test]
async fn health_needs_no_token() {
    let api = Api::new().await;
    let ask = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(api.send(ask("/healthz")).await.text, "ok\n");
    api.send(ask("/readyz")).await.expect(StatusCode::OK);
    api.closing.cancel();
    assert_eq!(api.send(ask("/healthz")).await.status, StatusCode::OK);
    api.send(ask("/readyz")).await.problem(503, "unavailable");
}
