use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Api;

/// A job of every minute at 00:10, whose fires at 00:05 and 00:06 were skipped by a pause; none was ever released otherwise.
async fn minutely(api: &Api) -> Value {
    let job = api
        .job(
            "minutely",
            &[
                ("cronExpression", json!("* * * * *")),
                ("handlerParam", json!("now")),
            ],
        )
        .await;
    api.clock.advance(4 * 60 + 30);
    api.post("/jobs/1/pause", &json!({})).await.expect(StatusCode::OK);
    api.clock.advance(2 * 60);
    api.post("/jobs/1/resume", &json!({}))
        .await
        .expect(StatusCode::OK);
    api.clock.advance(3 * 60 + 30);
    job
}

fn was(view: &Value) -> Vec<String> {
    let items = view["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let reason = item["reason"]
                .as_str()
                .map_or_else(String::new, |reason| format!(" {reason}"));
            format!("{}{reason}", item["was"].as_str().unwrap_or("-"))
        })
        .collect()
}

#[tokio::test]
async fn a_preview_tells_what_became_of_each_instant() {
    let api = Api::new().await;
    minutely(&api).await;
    let body = json!({"since": "2026-03-02T00:03:00Z", "until": "2026-03-02T00:08:00Z", "dryRun": true});
    let preview = api.post("/jobs/1/backfills", &body).await.expect(StatusCode::OK);
    // The pause decided what was due before it: of the missed ones the newest ran.
    assert_eq!(
        was(&preview),
        [
            "skipped misfire",
            "queued",
            "skipped paused",
            "skipped paused",
            "-"
        ]
    );
    assert_eq!(
        (
            &preview["count"],
            &preview["hadRun"],
            &preview["skipped"],
            &preview["unknown"]
        ),
        (&json!(5), &json!(1), &json!(3), &json!(1))
    );
    assert_eq!(
        api.get("/runs").await.json()["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn instants_are_run_with_the_present_parameter_unless_another_is_given() {
    let api = Api::new().await;
    minutely(&api).await;
    let body = json!({"since": "2026-03-02T00:05:00Z", "until": "2026-03-02T00:07:00Z"});
    let done = api
        .post("/jobs/1/backfills", &body)
        .await
        .expect(StatusCode::ACCEPTED);
    assert_eq!(done["count"], 2);
    let run = format!("/runs/{}", done["items"][0]["runId"].as_str().unwrap());
    let run = api.get(&run).await.json();
    assert_eq!(
        (&run["trigger"], &run["scheduledAt"], &run["requestedBy"]),
        (
            &json!("backfill"),
            &json!("2026-03-02T00:05:00Z"),
            &json!("admin")
        )
    );
    assert_eq!(run["held"], "turn", "a run of the job goes on");
    let own = json!({
        "since": "2026-03-02T00:05:00Z", "until": "2026-03-02T00:07:00Z", "handlerParam": {"day": 1}, "overlap": "allow"
    });
    let done = api
        .post("/jobs/1/backfills", &own)
        .await
        .expect(StatusCode::ACCEPTED);
    let run = format!("/runs/{}", done["items"][1]["runId"].as_str().unwrap());
    let run = api.get(&run).await.json();
    assert_eq!(
        (&run["handlerParam"], &run["held"]),
        (&json!("{\"day\":1}"), &Value::Null)
    );
    assert_eq!(
        api.get("/audit").await.json()["items"][0]["action"],
        "job.backfill"
    );
}

#[tokio::test]
async fn only_missed_leaves_out_what_had_a_run() {
    let api = Api::new().await;
    minutely(&api).await;
    let body = json!({"since": "2026-03-02T00:03:00Z", "until": "2026-03-02T00:06:00Z", "onlyMissed": true});
    let done = api
        .post("/jobs/1/backfills", &body)
        .await
        .expect(StatusCode::ACCEPTED);
    let ran: Vec<_> = done["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["runId"].is_string())
        .collect();
    assert_eq!((ran, &done["count"]), (vec![true, false, true], &json!(2)));
    // What was filled has its runs now.
    let done = api
        .post("/jobs/1/backfills", &body)
        .await
        .expect(StatusCode::ACCEPTED);
    assert_eq!((&done["count"], &done["hadRun"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn a_range_that_cannot_be_is_refused() {
    let api = Api::new().await;
    minutely(&api).await;
    api.job(
        "sharded",
        &[("cronExpression", json!("* * * * *")), ("shards", json!(1000))],
    )
    .await;
    for (job, since, until, reason) in [
        (1, "2026-03-02T00:05:00Z", "2026-03-02T00:05:00Z", "until: "),
        (
            1,
            "2026-03-02T00:06:00Z",
            "2026-03-02T00:05:00Z",
            "does not lie after since",
        ),
        (
            1,
            "2026-03-02T00:05:00Z",
            "2026-03-02T00:11:00Z",
            "lies in the future",
        ),
        (1, "2026-03-02T00:05:10Z", "2026-03-02T00:05:50Z", "no fire"),
        (
            1,
            "2026-02-01T00:00:00Z",
            "2026-03-02T00:05:00Z",
            "more than 10000 fires",
        ),
        (
            2,
            "2026-03-01T23:30:00Z",
            "2026-03-02T00:05:00Z",
            "more than 10 fires",
        ),
    ] {
        let body = json!({"since": since, "until": until});
        let refused = api
            .post(&format!("/jobs/{job}/backfills"), &body)
            .await
            .problem(422, "invalid");
        assert!(
            refused["detail"].as_str().unwrap().contains(reason),
            "{body}: {refused}"
        );
        assert_eq!(refused["errors"][0]["pointer"], "/until");
    }
    api.post("/jobs/1/backfills", &json!({}))
        .await
        .problem(422, "invalid");
    let body = json!({"since": "2026-03-02T00:05:00Z"});
    api.post("/jobs/9/backfills", &body)
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn the_same_key_fills_once() {
    let api = Api::new().await;
    minutely(&api).await;
    let body = json!({"since": "2026-03-02T00:05:00Z", "until": "2026-03-02T00:07:00Z"});
    let fill = || {
        api.request(Method::POST, "/jobs/1/backfills")
            .header("idempotency-key", "once")
            .json(&body)
            .send()
    };
    let first = fill().await.expect(StatusCode::ACCEPTED);
    assert_eq!(fill().await.expect(StatusCode::ACCEPTED), first);
}
