//! Pauses: what they hold back, what they skip, how they end.

use serde_json::json;
use wasmtab_domain::{
    run::Hold,
    status::{AttemptStatus, RunState},
};

use super::support::{World, active, at};
use crate::FinishReply;

pub(super) async fn fires_in_a_pause_are_skipped_and_share_a_row(w: World) {
    let job = w.job(json!({})).await;
    w.pause(job.id, None, at(90)).await;
    w.release(at(400)).await;
    assert_eq!(w.skipped(job.id).await.last(), Some(&(120, 360, 5, "paused")));
}

pub(super) async fn nothing_of_a_pause_is_caught_up(w: World) {
    let job = w.job(json!({"misfire": "all"})).await;
    w.pause(job.id, None, at(30)).await;
    let resumed = w.resume(job.id, at(200)).await;
    assert_eq!(
        (resumed.pause, resumed.progress.next_fire_at),
        (None, Some(at(240)))
    );
    assert_eq!(w.skipped(job.id).await, [(60, 180, 3, "paused")]);
    w.release(at(240)).await;
    assert_eq!(w.ran(job.id).await, [240]);

    let pauses = w.store.pauses(job.id).await.unwrap();
    assert_eq!(pauses.len(), 1);
    assert_eq!(
        (pauses[0].pause.paused_at, pauses[0].ended_at),
        (at(30), Some(at(200)))
    );
    assert_eq!(
        (pauses[0].ended_by.as_deref(), pauses[0].pause.note.as_deref()),
        (Some("ops"), Some("why"))
    );
}

pub(super) async fn fires_before_the_pause_still_run(w: World) {
    let job = w.job(json!({})).await;
    w.pause(job.id, None, at(62)).await;
    assert_eq!(w.ran(job.id).await, [60]);
    assert_eq!(w.claim(at(62)).await.len(), 1);
}

pub(super) async fn a_pause_with_an_end_lifts_itself(w: World) {
    let job = w.job(json!({})).await;
    let paused = w.pause(job.id, Some(at(150)), at(30)).await;
    assert_eq!(paused.pause.unwrap().until, Some(at(150)));
    assert_eq!(w.release(at(150)).await.next_plan_at, Some(at(180)));
    assert_eq!(w.read(job.id).await.pause, None);
    w.release(at(180)).await;
    assert_eq!(w.skipped(job.id).await, [(60, 120, 2, "paused")]);
    assert_eq!(w.ran(job.id).await, [180]);
    let pauses = w.store.pauses(job.id).await.unwrap();
    assert_eq!(
        (pauses[0].ended_at, pauses[0].ended_by.clone()),
        (Some(at(150)), None)
    );
}

pub(super) async fn a_retry_waits_for_the_resume(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 10})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(61)).await;
    w.pause(job.id, None, at(62)).await;
    assert!(w.claim(at(100)).await.is_empty());
    assert_eq!(w.run(claim.run_id).await.held, Some(Hold::Paused));
    w.resume(job.id, at(101)).await;
    assert_eq!(w.claim_one(at(101)).await.execute_index, 2);
}

pub(super) async fn a_failure_in_a_pause_waits_for_the_resume(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 10})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.pause(job.id, Some(at(110)), at(61)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(62)).await,
        FinishReply::Retry(at(72))
    );
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.held),
        (active(RunState::WaitingRetry), Some(Hold::Paused))
    );
    assert!(w.claim(at(100)).await.is_empty());
    w.release(at(110)).await;
    assert_eq!(w.claim_one(at(110)).await.execute_index, 2);
}

pub(super) async fn a_second_pause_replaces_the_first(w: World) {
    let job = w.job(json!({})).await;
    w.pause(job.id, None, at(10)).await;
    w.pause(job.id, Some(at(100)), at(20)).await;
    let pauses = w.store.pauses(job.id).await.unwrap();
    let spans: Vec<_> = pauses
        .iter()
        .map(|p| (p.pause.paused_at, p.pause.until, p.ended_at))
        .collect();
    assert_eq!(
        spans,
        [(at(10), None, Some(at(20))), (at(20), Some(at(100)), None)]
    );
    w.release(at(120)).await;
    assert_eq!(w.skipped(job.id).await, [(60, 60, 1, "paused")]);
    assert_eq!(w.ran(job.id).await, [120]);
}

pub(super) async fn an_edit_keeps_the_pause(w: World) {
    let job = w.job(json!({})).await;
    w.pause(job.id, None, at(10)).await;
    let edited = w.edit(job.id, json!({"every": 30}), at(20)).await.unwrap();
    assert!(edited.pause.is_some());
    w.release(at(200)).await;
    assert_eq!(w.ran(job.id).await, [0; 0]);
    assert_eq!(w.skipped(job.id).await[0].0, 30);
}

pub(super) async fn resuming_what_is_not_paused_changes_nothing(w: World) {
    let job = w.job(json!({})).await;
    assert_eq!(w.resume(job.id, at(30)).await, job);
    assert!(w.store.pauses(job.id).await.unwrap().is_empty());
}

pub(super) async fn a_paused_job_is_looked_at_rarely(w: World) {
    let job = w.job(json!({"every": 1})).await;
    w.pause(job.id, None, at(10)).await;
    let mut looks = 0;
    for second in 11..=250 {
        looks += u32::from(w.release(at(second)).await.skipped > 0);
    }
    assert!(looks <= 4, "{looks} looks in four minutes");
    w.resume(job.id, at(250)).await;
    let covered: u32 = w
        .skipped(job.id)
        .await
        .iter()
        .filter(|row| row.3 == "paused")
        .map(|row| row.2)
        .sum();
    assert_eq!(covered, 240);
}
