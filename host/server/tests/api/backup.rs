use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use wasmtab_domain::digest::Digest;

use crate::harness::{ADMIN, Api};

fn request() -> Request<Body> {
    Request::get("/api/v1/backup")
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN}"))
        .body(Body::empty())
        .expect("a request without a body")
}

#[tokio::test]
async fn a_backup_is_a_database_with_its_digest() {
    let api = Api::new().await;
    api.job("nightly", &[]).await;
    let response = api.router.clone().oneshot(request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    assert_eq!(headers[header::CONTENT_LENGTH], bytes.len().to_string());
    let digest = Digest(Sha256::digest(&bytes).into());
    assert_eq!(headers[header::ETAG], format!("\"{digest}\""));
    assert_eq!(
        headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"wasmtab-20260302T000000Z.db\""
    );
    let entry = api.get("/audit").await.json()["items"][0].clone();
    assert_eq!(
        (&entry["action"], &entry["after"]["sha256"]),
        (&json!("backup.create"), &json!(digest.to_string()))
    );
}

#[tokio::test]
async fn backups_take_turns() {
    let api = Api::new().await;
    let first = api.router.clone().oneshot(request()).await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    api.get("/backup").await.problem(409, "backup-in-progress");
    // A client that goes away gives its turn up.
    drop(first);
    assert_eq!(api.get("/backup").await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_administrators_take_everything_away() {
    let mut api = Api::new().await;
    api.as_role("author").await;
    api.get("/backup").await.problem(403, "forbidden");
}
