//! Jitter, priority, bounds on fires, blackouts, and the version of retries.

use serde_json::json;
use wasmtab_domain::{
    release::jitter,
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use super::{
    plugins,
    support::{BOOT, World, active, at},
};
use crate::ClaimRequest;

pub(super) async fn a_jittered_fire_starts_late_and_keeps_its_nominal_instant(w: World) {
    let job = w.job(json!({"jitter": 30})).await;
    w.release(at(60)).await;
    let run = w.runs(job.id).await.remove(0);
    let late = jitter(job.id, at(60), job.spec.jitter.to_duration(), Some(at(120)));
    assert_eq!((run.scheduled_at, run.due_at), (at(60), Some(at(60).plus(late))));
    assert_eq!(run.status, active(RunState::Scheduled));
    let before = Timestamp::from_micros(at(60).plus(late).as_micros() - 1);
    assert!(w.claim(before).await.is_empty());
    assert_eq!(w.claim_one(at(60).plus(late)).await.scheduled_at, at(60));
}

pub(super) async fn a_missed_fire_is_not_put_off_further(w: World) {
    let job = w.job(json!({"jitter": 30})).await;
    w.release(at(110)).await;
    assert_eq!(w.runs(job.id).await[0].due_at, Some(at(60)));
}

pub(super) async fn the_higher_priority_goes_first(w: World) {
    w.job(json!({"name": "low", "priority": -1})).await;
    w.job(json!({"name": "high", "priority": 5})).await;
    w.job(json!({"name": "plain"})).await;
    w.release(at(60)).await;
    let order: Vec<_> = w
        .claim(at(60))
        .await
        .into_iter()
        .map(|claim| claim.job_name.unwrap())
        .collect();
    assert_eq!(order, ["high", "plain", "low"]);
}

pub(super) async fn a_claim_by_age_takes_the_oldest_whatever_its_priority(w: World) {
    w.job(json!({"name": "old", "every": 60, "priority": -5})).await;
    w.job(json!({"name": "young", "every": 90, "priority": 5})).await;
    w.release(at(60)).await;
    w.release(at(90)).await;
    let request = ClaimRequest {
        boot_id: BOOT,
        node: "node".into(),
        now: at(90),
        limit: 1,
        by_age: 1,
    };
    let claimed = w.store.claim_due(&request).await.unwrap();
    assert_eq!(claimed.claims[0].job_name.as_deref(), Some("old"));
}

pub(super) async fn a_job_that_has_run_often_enough_fires_no_more(w: World) {
    let job = w
        .job(json!({"maxRuns": 2, "overlap": "allow", "misfire": "all"}))
        .await;
    w.release(at(600)).await;
    assert_eq!(w.ran(job.id).await, [60, 120]);
    let job = w.read(job.id).await;
    assert_eq!((job.progress.next_fire_at, job.progress.released), (None, 2));

    let job = w.edit(job.id, json!({"maxRuns": 3}), at(610)).await.unwrap();
    assert_eq!(job.progress.next_fire_at, Some(at(660)));
    w.release(at(660)).await;
    assert_eq!(w.ran(job.id).await, [60, 120, 660]);
    assert_eq!(w.read(job.id).await.progress.next_fire_at, None);
}

pub(super) async fn skipped_fires_do_not_count_as_runs(w: World) {
    let job = w.job(json!({"maxRuns": 2})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    assert_eq!(w.read(job.id).await.progress.released, 1);
    let claim = w.claim_one(at(125)).await;
    w.end(&claim, AttemptStatus::Success, at(126)).await;
    w.release(at(180)).await;
    assert_eq!(w.ran(job.id).await, [60, 180]);
}

pub(super) async fn a_fire_in_a_blackout_is_skipped_with_its_window(w: World) {
    // The cases begin on Monday 2026-01-05 at midnight.
    let window = json!([{"days": ["mon"], "from": "00:00", "until": "00:02"}]);
    let job = w.job(json!({"blackouts": window})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    assert_eq!(w.skipped(job.id).await, [(60, 60, 1, "blackout")]);
    assert_eq!(w.ran(job.id).await, [120]);
    let row = w.log(job.id).await.remove(0);
    assert_eq!(row.error.as_deref(), Some("mon 00:00-00:02"));
}

pub(super) async fn latest_passes_over_what_fell_into_a_blackout(w: World) {
    let window = json!([{"days": ["mon"], "from": "00:03", "until": "00:06"}]);
    let job = w.job(json!({"blackouts": window})).await;
    w.release(at(320)).await;
    assert_eq!(w.ran(job.id).await, [120]);
    assert_eq!(
        w.skipped(job.id).await,
        [
            (60, 60, 1, "misfire"),
            (180, 180, 1, "blackout"),
            (240, 240, 1, "blackout"),
            (300, 300, 1, "blackout")
        ]
    );
}

pub(super) async fn a_retry_on_the_same_version_passes_over_an_activation(w: World) {
    for (name, which) in [("new", "current"), ("old", "same")] {
        w.job(json!({"name": name, "retryCount": 1, "retryInterval": 1, "retryVersion": which}))
            .await;
    }
    plugins::pushed(&w, "plug", "1").await;
    plugins::activate(&w, "plug", 1).await;
    plugins::bind(&w, "Handler", "plug", None).await;
    w.release(at(60)).await;
    for claim in w.claim(at(60)).await {
        assert_eq!(claim.binding.as_ref().unwrap().version, 1);
        w.end(&claim, AttemptStatus::Failure, at(60)).await;
    }
    plugins::pushed(&w, "plug", "2").await;
    plugins::activate(&w, "plug", 2).await;
    for claim in w.claim(at(61)).await {
        let version = claim.binding.unwrap().version;
        let expected = if claim.job_name.as_deref() == Some("old") {
            1
        } else {
            2
        };
        assert_eq!(version, expected);
    }
}
