//! Ending runs on request, wherever they are.

use serde_json::json;
use wasmtab_domain::{
    ids::RunId,
    status::{AttemptStatus, RunState},
};

use super::support::{World, active, at, ended};
use crate::{CancelReply, FinishReply};

pub(super) async fn a_queued_run_ends_at_once(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    let run = w.runs(job.id).await.remove(0);
    assert_eq!(
        w.store.cancel_run(run.id, "ops", at(61)).await.unwrap(),
        CancelReply::Ended
    );
    let run = w.run(run.id).await;
    assert_eq!(
        (run.status, run.end_time),
        (ended(AttemptStatus::Cancelled), Some(at(61)))
    );
    assert_eq!(run.cancel_requested_by.as_deref(), Some("ops"));
    assert!(w.claim(at(62)).await.is_empty());
    let rows = w.log(job.id).await;
    assert_eq!((rows.len(), rows[0].execute_index, rows[0].last), (1, 1, true));
}

pub(super) async fn a_running_attempt_is_asked_to_stop(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let asked = CancelReply::Asked(claim.attempt_id);
    assert_eq!(
        w.store.cancel_run(claim.run_id, "ops", at(61)).await.unwrap(),
        asked
    );
    // Asking again changes nothing, nor who asked first.
    assert_eq!(
        w.store.cancel_run(claim.run_id, "eve", at(62)).await.unwrap(),
        asked
    );
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.cancel_requested_by.as_deref()),
        (active(RunState::Running), Some("ops"))
    );
    assert_eq!(
        w.end(&claim, AttemptStatus::Cancelled, at(63)).await,
        FinishReply::Ended
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Cancelled));
}

pub(super) async fn a_cancelled_attempt_is_not_retried(w: World) {
    w.job(json!({"retryCount": 5})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.store.cancel_run(claim.run_id, "ops", at(61)).await.unwrap();
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(62)).await,
        FinishReply::Ended
    );
}

pub(super) async fn an_attempt_may_win_the_race_against_its_cancel(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.store.cancel_run(claim.run_id, "ops", at(61)).await.unwrap();
    w.end(&claim, AttemptStatus::Success, at(62)).await;
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.cancel_requested_by.as_deref()),
        (ended(AttemptStatus::Success), Some("ops"))
    );
}

pub(super) async fn a_run_that_waits_for_its_retry_ends_at_once(w: World) {
    let job = w.job(json!({"retryCount": 5})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(61)).await;
    assert_eq!(
        w.store.cancel_run(claim.run_id, "ops", at(62)).await.unwrap(),
        CancelReply::Ended
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Cancelled));
    let rows: Vec<_> = w
        .log(job.id)
        .await
        .iter()
        .map(|row| (row.execute_index, row.status, row.last))
        .collect();
    assert_eq!(
        rows,
        [
            (1, AttemptStatus::Failure, false),
            (2, AttemptStatus::Cancelled, true)
        ]
    );
    assert!(w.claim(at(900)).await.is_empty());
}

pub(super) async fn an_ended_run_stays_as_it_is(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(61)).await;
    let before = w.run(claim.run_id).await;
    assert_eq!(
        w.store.cancel_run(claim.run_id, "ops", at(62)).await.unwrap(),
        CancelReply::AlreadyEnded
    );
    assert_eq!(w.run(claim.run_id).await, before);
}

pub(super) async fn a_run_that_never_was_is_not_found(w: World) {
    assert_eq!(
        w.store.cancel_run(RunId(9), "ops", at(1)).await.unwrap(),
        CancelReply::NotFound
    );
    assert_eq!(w.store.run(RunId(9)).await.unwrap(), None);
}

pub(super) async fn several_runs_end_in_their_order(w: World) {
    let job = w.job(json!({"overlap": "bufferAll"})).await;
    let running = w.trigger(job.id, at(1)).await;
    let claim = w.claim_one(at(1)).await;
    let mut waiting = Vec::new();
    for secs in 2..4 {
        waiting.push(w.trigger(job.id, at(secs)).await.id);
    }
    let newest_first = [waiting[1], waiting[0], running.id, RunId(4)];
    let replies = w.store.cancel_runs(&newest_first, "ops", at(5)).await.unwrap();
    assert_eq!(
        replies,
        [
            CancelReply::Ended,
            CancelReply::Ended,
            CancelReply::Asked(claim.attempt_id),
            CancelReply::NotFound
        ]
    );
    assert_eq!(
        w.store.cancel_runs(&waiting[..1], "ops", at(6)).await.unwrap(),
        [CancelReply::AlreadyEnded]
    );
}
