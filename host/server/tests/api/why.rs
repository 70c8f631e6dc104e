use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

async fn why(api: &Api, at: &str) -> Value {
    api.get(&format!("/jobs/1/why?at={}", at.replace('+', "%2B")))
        .await
        .expect(StatusCode::OK)
}

fn says(why: &Value, part: &str) {
    let explanation = why["explanation"].to_string();
    assert!(explanation.contains(part), "`{part}` is not in {explanation}");
}

/// Fires at minutes 1 to 4 of the hour, of which the newest ran, a pause over 5 and 6, and an edit at 6:30.
async fn history(api: &Api) -> Value {
    api.job("minutely", &[("cronExpression", json!("* * * * *"))])
        .await;
    api.clock.advance(4 * 60 + 30);
    api.post("/jobs/1/pause", &json!({"note": "disk"}))
        .await
        .expect(StatusCode::OK);
    api.clock.advance(2 * 60);
    api.post("/jobs/1/resume", &json!({}))
        .await
        .expect(StatusCode::OK);
    api.request(Method::PATCH, "/jobs/1")
        .header("if-match", "*")
        .json(&json!({"cronExpression": "0 * * * *", "timezone": "Asia/Shanghai"}))
        .send()
        .await
        .expect(StatusCode::OK)
}

#[tokio::test]
async fn a_fire_is_explained_by_its_run() {
    let api = Api::new().await;
    history(&api).await;
    let fired = why(&api, "2026-03-02T00:04:00Z").await;
    assert_eq!(
        (&fired["verdict"], &fired["runs"][0]["trigger"]),
        (&json!("fired"), &json!("cron"))
    );
    let run = fired["runs"][0]["id"].as_str().unwrap();
    says(&fired, &format!("run {run} is queued: it waits for a free place"));
    says(
        &fired,
        "Revision 1 of the job held, since 2026-03-02T00:00:00Z by admin.",
    );
    api.post(&format!("/runs/{run}/cancel"), &json!({}))
        .await
        .expect(StatusCode::OK);
    let again = json!({"action": "rerun", "select": {"ids": [run]}});
    api.post("/runs:bulk", &again).await.expect(StatusCode::OK);
    let fired = why(&api, "2026-03-02T08:04").await;
    says(&fired, "ended as cancelled");
    says(&fired, "ran it afterwards, asked for by admin: queued");
    assert_eq!(fired["repeats"][0]["retryOf"], *run);
}

#[tokio::test]
async fn a_skip_is_explained_by_what_caused_it() {
    let api = Api::new().await;
    history(&api).await;
    let paused = why(&api, "2026-03-02T00:05:00Z").await;
    assert_eq!(
        (&paused["verdict"], &paused["reason"], &paused["pause"]["note"]),
        (&json!("skipped"), &json!("paused"), &json!("disk"))
    );
    says(
        &paused,
        "admin paused the job at 2026-03-02T00:04:30Z, lifted at 2026-03-02T00:06:30Z by admin (disk)",
    );
    says(&paused, "2 fires");
    let missed = why(&api, "2026-03-02T00:02:00Z").await;
    assert_eq!(missed["reason"], "misfire");
    says(&missed, "no planner was there");
}

#[tokio::test]
async fn an_instant_that_is_no_fire_names_the_nearest_ones_and_the_revision() {
    let api = Api::new().await;
    history(&api).await;
    let none = why(&api, "2026-03-02T00:30:00Z").await;
    assert_eq!(
        (&none["verdict"], &none["at"], &none["timezone"]),
        (
            &json!("noFire"),
            &json!("2026-03-02T08:30:00+08:00"),
            &json!("Asia/Shanghai")
        )
    );
    assert_eq!(none["before"]["at"], "2026-03-02T08:06:00+08:00");
    assert_eq!(none["after"]["at"], "2026-03-02T09:00:00+08:00");
    assert_eq!(none["revision"]["revision"], 2);
    says(&none, "it changed cronExpression, timezone");
    let ahead = why(&api, "2026-03-02T09:00:00+08:00").await;
    assert_eq!(ahead["verdict"], "toCome");
    let before = why(&api, "2026-03-01T00:00:00Z").await;
    assert_eq!(
        (&before["verdict"], &before["revision"]),
        (&json!("notMade"), &Value::Null)
    );
}

#[tokio::test]
async fn a_clock_change_is_flagged() {
    let api = Api::new().await;
    let spring = [
        ("timezone", json!("America/New_York")),
        ("cronExpression", json!("30 2 * * *")),
    ];
    api.job("spring", &spring).await;
    // No clock shows 02:30 on that day; the fire is where the gap ends.
    let gap = why(&api, "2026-03-08T02:30").await;
    assert_eq!(
        (&gap["at"], &gap["clockChange"]["kind"]),
        (&json!("2026-03-08T03:00:00-04:00"), &json!("gap"))
    );
    says(&gap, "Clock change");
    let beside = why(&api, "2026-03-08T03:30").await;
    says(&beside, "2026-03-08T03:00:00-04:00 (gap:");
}

#[tokio::test]
async fn a_job_that_is_gone_is_explained_too() {
    let api = Api::new().await;
    history(&api).await;
    api.delete("/jobs/1", "*").await.expect(StatusCode::NO_CONTENT);
    let gone = why(&api, "2026-03-02T03:00:00Z").await;
    assert_eq!(gone["verdict"], "deleted");
    says(&gone, "by admin");
    assert_eq!(why(&api, "2026-03-02T00:05:00Z").await["verdict"], "skipped");
    api.get("/jobs/9/why?at=2026-03-02T03:00:00Z")
        .await
        .problem(404, "not-found");
    let wrong = api.get("/jobs/1/why?at=noon").await.problem(422, "invalid");
    assert!(wrong["detail"].as_str().unwrap().contains("at: "), "{wrong}");
}
