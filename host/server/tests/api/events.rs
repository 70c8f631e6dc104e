use axum::{
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::harness::{ADMIN, Api};

#[tokio::test]
async fn a_stream_begins_with_resync_and_ends_with_the_server() {
    let api = Api::new().await;
    let request = Request::get("/api/v1/events").header(header::AUTHORIZATION, format!("Bearer {ADMIN}"));
    let response = api
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let job = api.job("nightly", &[]).await;
    let run = api
        .post(&format!("/jobs/{}/runs", job["id"]), &json!({}))
        .await
        .json();
    let run = run["id"].as_str().unwrap();
    api.post(&format!("/runs/{run}/cancel"), &json!({})).await;

    let mut body = response.into_body();
    let mut text = String::new();
    let ended = format!("event: run.ended\ndata: {{\"runId\":\"{run}\"}}\n\n");
    while !text.contains(&ended) {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
    }
    assert!(text.starts_with("event: resync\n"), "{text}");
    api.closing.cancel();
    while let Some(frame) = body.frame().await {
        frame.unwrap();
    }
}
