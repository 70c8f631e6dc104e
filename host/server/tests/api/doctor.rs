use axum::http::StatusCode;
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn an_operator_is_told_what_is_wrong() {
    let mut api = Api::new().await;
    api.job("nightly", &[]).await;
    api.as_role("operator").await;
    let found = api.get("/doctor").await.expect(StatusCode::OK);
    assert_eq!(found["ok"], false);
    let checks = found["checks"].as_array().unwrap();
    let handlers = checks.iter().find(|check| check["name"] == "handlers").unwrap();
    assert_eq!(
        (&handlers["status"], &handlers["items"]),
        (&json!("fail"), &json!(["nightly calls EchoHandler"]))
    );
    let failing = checks.iter().filter(|check| check["status"] == "fail").count();
    assert_eq!(failing, 1, "{found}");
}

#[tokio::test]
async fn a_viewer_is_not_told_where_things_are() {
    let mut api = Api::new().await;
    api.as_role("viewer").await;
    api.get("/doctor").await.problem(403, "forbidden");
}
