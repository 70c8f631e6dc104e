use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

/// The design's own first example, as YAML readers hand it over.
fn seed() -> Value {
    json!([
        { "name": "数据备份", "cronExpression": "0 2 * * *", "handlerName": "DataBackupHandler" },
        { "name": "周报生成", "cronExpression": "0 9 * * 1", "handlerName": "WeeklyReportHandler" },
        { "name": "系统健康检查", "cronExpression": "0 * * * *", "handlerName": "HealthCheckHandler" },
    ])
}

async fn apply(api: &Api, document: Value) -> Value {
    api.post("/jobs:apply", &json!({ "document": document }))
        .await
        .expect(StatusCode::OK)
}

fn actions(plan: &Value) -> Vec<&str> {
    plan["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["action"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_document_is_applied_once() {
    let api = Api::new().await;
    api.request(Method::PATCH, "/settings")
        .json(&json!({ "timezone": "Asia/Shanghai" }))
        .send()
        .await
        .expect(StatusCode::OK);
    let plan = apply(&api, seed()).await;
    assert_eq!(actions(&plan), ["created", "created", "created"]);
    assert_eq!(plan["jobs"][0]["nextFireAt"], "2026-03-03T02:00:00+08:00");
    assert_eq!(plan["jobs"][1]["nextFireAt"], "2026-03-02T09:00:00+08:00");
    assert_eq!(plan["jobs"][0]["warnings"].as_array().unwrap().len(), 1);

    let before = api.get("/jobs").await.text;
    let again = apply(&api, seed()).await;
    assert_eq!(actions(&again), ["unchanged", "unchanged", "unchanged"]);
    assert_eq!(again["unchanged"], 3);
    assert_eq!(api.get("/jobs").await.text, before);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let api = Api::new().await;
    let body = json!({ "document": seed(), "dryRun": true });
    let plan = api.post("/jobs:apply", &body).await.expect(StatusCode::OK);
    assert_eq!(
        (actions(&plan), &plan["jobs"][0]["id"]),
        (vec!["created"; 3], &Value::Null)
    );
    assert_eq!(api.get("/jobs").await.json()["items"], json!([]));
}

#[tokio::test]
async fn absent_fields_fall_back_except_the_zone() {
    let api = Api::new().await;
    let full =
        json!([{ "name": "a", "handlerName": "H", "every": 60, "timezone": "Asia/Tokyo", "retryCount": 3 }]);
    apply(&api, full).await;
    let less = json!([{ "name": "a", "handlerName": "H", "every": 60 }]);
    let plan = apply(&api, less).await;
    assert_eq!(plan["jobs"][0]["timezone"], "Asia/Tokyo");
    assert_eq!(
        plan["jobs"][0]["changes"],
        json!([{ "field": "retryCount", "from": 3, "to": 0 }])
    );
    let defaults = json!({ "defaults": { "retryCount": 3 }, "jobs": [{ "name": "a", "handlerName": "H", "every": 60 }] });
    assert_eq!(apply(&api, defaults).await["jobs"][0]["retryCount"], 3);
}

#[tokio::test]
async fn one_wrong_job_keeps_the_whole_document_out() {
    let api = Api::new().await;
    let document = json!({ "defaults": { "retryCount": -1 }, "jobs": [
        { "name": "good", "handlerName": "H", "every": 60, "retryCount": 1 },
        { "name": "bad", "handlerName": "H", "cronExpression": "0 25 * * *", "retryCount": 1 },
        { "name": "inherits", "handlerName": "H", "every": 60 },
        { "name": "good", "handlerName": "H", "every": 90, "retryCount": 1 },
    ]});
    let refused = api
        .post("/jobs:apply", &json!({ "document": document }))
        .await
        .problem(422, "invalid");
    let pointers: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/document/jobs/1/cronExpression",
            "/document/defaults/retryCount",
            "/document/jobs/3/name"
        ]
    );
    assert_eq!(api.get("/jobs").await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_designs_second_block_is_refused_with_advice() {
    let api = Api::new().await;
    let document = json!({ "retryCount": 3, "retryInterval": 300, "monitorTimeout": 1800 });
    let refused = api
        .post("/jobs:apply", &json!({ "document": document }))
        .await
        .problem(422, "invalid");
    assert!(
        refused["detail"].as_str().unwrap().contains("under `defaults`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_pause_outlives_an_apply_which_says_so() {
    let api = Api::new().await;
    apply(&api, seed()).await;
    api.post("/jobs/1/pause", &json!({})).await.expect(StatusCode::OK);
    let plan = apply(&api, seed()).await;
    assert_eq!(plan["jobs"][0]["action"], "unchanged");
    let warnings = plan["jobs"][0]["warnings"].to_string();
    assert!(warnings.contains("paused by admin"), "{warnings}");
    assert_ne!(api.get("/jobs/1").await.json()["paused"], Value::Null);
}
