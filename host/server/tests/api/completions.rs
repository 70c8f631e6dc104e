//! Work that goes on elsewhere after its handler returned `pending`, as whoever reports it done meets the API.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use wasmtab_domain::{
    completion::CompletionKey,
    ids::BootId,
    run::{Claim, Outcome},
    status::AttemptStatus,
    time::Clock as _,
};
use wasmtab_store::{ClaimRequest, RunStore as _};

use crate::harness::{Answer, Api};

/// A call whose first attempt handed its work over; it may take ten minutes.
async fn pending(api: &Api, policy: &Value) -> Claim {
    let mut call = json!({ "handlerName": "H", "monitorTimeout": 600 });
    for (field, value) in policy.as_object().unwrap() {
        call[field] = value.clone();
    }
    api.post("/calls", &call).await.expect(StatusCode::ACCEPTED);
    hand_over(api).await
}

/// Claims the one run that is due, and hands its work over.
async fn hand_over(api: &Api) -> Claim {
    let now = api.clock.now();
    let mut claims = claim(api).await;
    assert_eq!(claims.len(), 1);
    let claim = claims.remove(0);
    let timeout = claim.policy.monitor_timeout.to_duration();
    let outcome = Outcome {
        begin_time: Some(now),
        pending_until: Some(now.plus(timeout)),
        ..Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Running, now)
    };
    api.store.finish(&[outcome], now).await.unwrap();
    claim
}

async fn claim(api: &Api) -> Vec<Claim> {
    let request = ClaimRequest {
        boot_id: BootId(1),
        node: "node".into(),
        now: api.clock.now(),
        limit: 10,
        by_age: 0,
    };
    api.store.claim_due(&request).await.unwrap().claims
}

/// The token that the attempt's handler was given.
fn token(claim: &Claim) -> String {
    CompletionKey::new([7; 32]).token(claim.run_id, claim.attempt_id)
}

/// Reports with this token, which is all that the reporter has.
async fn report(api: &Api, claim: &Claim, token: &str, body: &Value) -> Answer {
    let request = axum::http::Request::builder()
        .method(Method::POST)
        .uri(format!("/api/v1/runs/{}/complete", claim.run_id))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap();
    api.send(request).await
}

async fn run(api: &Api, claim: &Claim) -> Value {
    api.get(&format!("/runs/{}", claim.run_id)).await.json()
}

#[tokio::test]
async fn whoever_has_the_token_reports_the_work_done_once() {
    let api = Api::new().await;
    let claim = pending(&api, &json!({})).await;
    let going_on = run(&api, &claim).await;
    assert_eq!(
        (&going_on["status"], &going_on["attempts"][0]["status"]),
        (&json!("running"), &json!("running"))
    );
    assert_eq!(going_on["attempts"][0]["endTime"], Value::Null);
    assert_eq!(going_on["pendingUntil"], "2026-03-02T00:10:00Z");
    api.clock.advance(90);
    let done = json!({ "status": "success", "result": "42 rows" });
    let ended = report(&api, &claim, &token(&claim), &done)
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&ended["status"], &ended["result"]),
        (&json!("success"), &json!("42 rows"))
    );
    assert_eq!(ended["attempts"][0]["duration"], 90_000);
    assert_eq!(ended["pendingUntil"], Value::Null);
    assert_eq!(ended["attempts"][0]["endTime"], "2026-03-02T00:01:30Z");
    let again = report(&api, &claim, &token(&claim), &done)
        .await
        .problem(409, "run-ended");
    assert_eq!(again["runId"], claim.run_id.to_string());
    assert_eq!(run(&api, &claim).await["result"], "42 rows");
}

#[tokio::test]
async fn without_the_attempts_own_token_nobody_learns_anything() {
    let api = Api::new().await;
    let claim = pending(&api, &json!({})).await;
    let other = pending(&api, &json!({})).await;
    let done = json!({ "status": "success" });
    for wrong in ["", "x", crate::harness::ADMIN, &token(&other), &"0".repeat(64)] {
        report(&api, &claim, wrong, &done)
            .await
            .problem(401, "unauthorized");
        // Also not what would be wrong with the body.
        report(&api, &claim, wrong, &json!({ "status": 3 }))
            .await
            .problem(401, "unauthorized");
    }
    let nowhere = Claim {
        run_id: wasmtab_domain::ids::RunId(1),
        ..claim.clone()
    };
    report(&api, &nowhere, &token(&nowhere), &done)
        .await
        .problem(401, "unauthorized");
    // The token is good for nothing else.
    let mut as_reporter = Api::new().await;
    as_reporter.token = token(&claim);
    as_reporter.get("/runs").await.problem(401, "unauthorized");
    assert_eq!(run(&api, &claim).await["status"], "running");
}

#[tokio::test]
async fn a_reported_failure_is_retried_as_the_run_says_and_each_attempt_has_a_token_of_its_own() {
    let api = Api::new().await;
    let first = pending(&api, &json!({ "retryCount": 1, "retryInterval": 60 })).await;
    let failed = json!({ "status": "failure", "error": "the disk is full" });
    let waiting = report(&api, &first, &token(&first), &failed)
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        (&waiting["status"], &waiting["error"], &waiting["dueAt"]),
        (
            &json!("waitingRetry"),
            &json!("the disk is full"),
            &json!("2026-03-02T00:01:00Z")
        )
    );
    // An attempt that has ended is not reported twice, though its run goes on.
    report(&api, &first, &token(&first), &json!({ "status": "success" }))
        .await
        .problem(409, "run-ended");
    api.clock.advance(60);
    let second = hand_over(&api).await;
    assert_eq!(second.run_id, first.run_id);
    report(&api, &first, &token(&first), &json!({ "status": "success" }))
        .await
        .problem(401, "unauthorized");
    let permanent = json!({ "status": "failure", "permanent": true });
    let ended = report(&api, &second, &token(&second), &permanent)
        .await
        .expect(StatusCode::OK);
    assert_eq!(ended["status"], "failure");
    assert!(
        ended["error"].as_str().unwrap().contains("without a reason"),
        "{ended}"
    );
}

#[tokio::test]
async fn a_report_that_makes_no_sense_is_refused_and_changes_nothing() {
    let api = Api::new().await;
    let claim = pending(&api, &json!({})).await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({ "status": "timeout" }), "/status"),
        (json!({ "status": "success", "error": "x" }), "/error"),
        (json!({ "status": "success", "permanent": true }), "/permanent"),
        (json!({ "status": "failure", "result": "x" }), "/result"),
        (
            json!({ "status": "success", "result": "x".repeat(256 * 1024 + 1) }),
            "/result",
        ),
        (json!({ "status": "success", "resullt": "x" }), "/resullt"),
    ] {
        let refused = report(&api, &claim, &token(&claim), &body)
            .await
            .problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    assert_eq!(run(&api, &claim).await["status"], "running");
    let long = json!({ "status": "failure", "error": "é".repeat(16 * 1024) });
    let ended = report(&api, &claim, &token(&claim), &long)
        .await
        .expect(StatusCode::OK);
    assert!(ended["error"].as_str().unwrap().len() <= 16 * 1024);
}

#[tokio::test]
async fn a_cancel_ends_pending_work_at_once_and_a_late_report_is_told_so() {
    let api = Api::new().await;
    let claim = pending(&api, &json!({})).await;
    let path = format!("/runs/{}/cancel", claim.run_id);
    let ended = api.post(&path, &json!({})).await.expect(StatusCode::OK);
    assert_eq!(
        (&ended["status"], &ended["cancelRequestedBy"]),
        (&json!("cancelled"), &json!("admin"))
    );
    report(&api, &claim, &token(&claim), &json!({ "status": "success" }))
        .await
        .problem(409, "run-ended");
}

#[tokio::test]
async fn work_that_nobody_reports_ends_as_a_timeout() {
    let api = Api::new().await;
    let claim = pending(&api, &json!({ "monitorTimeout": 60 })).await;
    api.clock.advance(60);
    assert!(self::claim(&api).await.is_empty());
    let ended = run(&api, &claim).await;
    assert_eq!(ended["status"], "timeout");
    assert!(
        ended["error"].as_str().unwrap().contains("monitorTimeout"),
        "{ended}"
    );
    report(&api, &claim, &token(&claim), &json!({ "status": "success" }))
        .await
        .problem(409, "run-ended");
}
