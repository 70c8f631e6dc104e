use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::json;

use crate::harness::{ADMIN, Answer, Api};

async fn metrics(api: &Api, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get("/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.send(request.body(Body::empty()).unwrap()).await
}

/// The value of a series.
fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("`{series}` is not in\n{text}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn what_there_is_is_counted_without_a_name_of_it() {
    let api = Api::new().await;
    let job = api.job("nightly", &[]).await;
    api.job("halted", &[("status", json!("stopped"))]).await;
    api.post(&format!("/jobs/{}/pause", job["id"]), &json!({})).await;
    api.post(&format!("/jobs/{}/runs", job["id"]), &json!({})).await;
    api.post("/calls", &json!({ "handlerName": "Later", "delay": 60 }))
        .await;
    let answer = metrics(&api, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = &answer.text;
    for (series, expected) in [
        ("wasmtab_database_up", 1.0),
        ("wasmtab_jobs", 2.0),
        ("wasmtab_jobs_planned", 1.0),
        ("wasmtab_jobs_paused", 1.0),
        ("wasmtab_runs{state=\"queued\"}", 1.0),
        ("wasmtab_runs{state=\"scheduled\"}", 1.0),
        ("wasmtab_runs{state=\"running\"}", 0.0),
        ("wasmtab_queue_depth", 1.0),
        ("wasmtab_fires_released_total", 0.0),
        ("wasmtab_fires_skipped_total{reason=\"overlap\"}", 0.0),
    ] {
        assert!(
            (value(text, series) - expected).abs() < f64::EPSILON,
            "{series}\n{text}"
        );
    }
    assert!(value(text, "wasmtab_commit_group_size_count") >= 5.0);
    assert!(value(text, "wasmtab_database_size_bytes") > 4_096.0);
    for name in ["nightly", "halted", "EchoHandler", "Later"] {
        assert!(!text.contains(name), "{name}\n{text}");
    }
}

#[tokio::test]
async fn whoever_asks_for_openmetrics_gets_it() {
    let api = Api::new().await;
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let answer = metrics(&api, &[("accept", accept)]).await;
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    assert!(answer.text.ends_with("# EOF\n"), "{}", answer.text);
    assert!(answer.text.contains("# TYPE wasmtab_fires_released counter"));
}

#[tokio::test]
async fn a_guarded_server_asks_for_a_token_of_any_role() {
    let mut api = Api::set_up(Some(ADMIN), true).await;
    metrics(&api, &[]).await.problem(401, "unauthorized");
    api.as_role("viewer").await;
    let bearer = format!("Bearer {}", api.token);
    let answer = metrics(&api, &[(header::AUTHORIZATION.as_str(), &bearer)]).await;
    assert_eq!(answer.status, StatusCode::OK);
}
