//! Attempts whose work goes on elsewhere.

use serde_json::json;
use wasmtab_domain::{
    ids::BootId,
    run::{Claim, Outcome},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use super::support::{World, active, at, ended, outcome};
use crate::{CancelReply, ClaimRequest, FinishReply};

/// The claim of a fire whose handler returned `pending` at 61 s, until 90 s.
async fn parked(w: &World) -> Claim {
    w.job(json!({"monitorTimeout": 30})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    assert_eq!(
        w.finish(&[pending(&claim, at(61))], at(61)).await,
        [FinishReply::Pending]
    );
    claim
}

fn pending(claim: &Claim, now: Timestamp) -> Outcome {
    Outcome {
        pending_until: Some(at(90)),
        result: None,
        error: None,
        fuel_used: Some(7),
        ..outcome(claim, AttemptStatus::Running, now)
    }
}

pub(super) async fn pending_work_reads_running_and_is_ended_by_its_token(w: World) {
    let claim = parked(&w).await;
    let run = w.run(claim.run_id).await;
    assert_eq!((run.status, run.end_time), (active(RunState::Running), None));
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!((row.status, row.end_time), (AttemptStatus::Running, None));

    let done = Outcome {
        result: Some("done elsewhere".into()),
        ..Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Success, at(80))
    };
    assert_eq!(
        w.finish(std::slice::from_ref(&done), at(80)).await,
        [FinishReply::Ended]
    );
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.begin_time, row.fuel_used),
        (AttemptStatus::Success, Some(at(61)), Some(7))
    );
    assert_eq!(w.finish(&[done], at(81)).await, [FinishReply::Refused]);
}

pub(super) async fn how_work_ends_takes_back_what_its_handler_said(w: World) {
    w.job(json!({"monitorTimeout": 30})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let handed_over = Outcome {
        error: Some("half of it failed".into()),
        backtrace: Some("0: half".into()),
        ..pending(&claim, at(61))
    };
    w.finish(&[handed_over], at(61)).await;
    let done = Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Success, at(80));
    assert_eq!(w.finish(&[done], at(80)).await, [FinishReply::Ended]);
    let row = w.store.attempt(claim.attempt_id).await.unwrap().unwrap();
    assert_eq!((row.error, row.backtrace), (None, None));
}

pub(super) async fn work_that_is_done_before_its_handler_returns_has_ended(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let done = Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Success, at(61));
    assert_eq!(w.finish(&[done], at(61)).await, [FinishReply::Ended]);
    assert_eq!(
        w.finish(&[pending(&claim, at(62))], at(62)).await,
        [FinishReply::Refused]
    );
}

pub(super) async fn pending_work_outlives_its_process(w: World) {
    let claim = parked(&w).await;
    assert_eq!(w.store.rescue(BootId(99), at(70)).await.unwrap(), 0);
    assert_eq!(w.run(claim.run_id).await.status, active(RunState::Running));
}

pub(super) async fn pending_work_times_out(w: World) {
    let claim = parked(&w).await;
    let request = ClaimRequest {
        boot_id: BootId(99),
        node: "node".into(),
        now: at(89),
        limit: 1,
        by_age: 0,
    };
    let early = w.store.claim_due(&request).await.unwrap();
    assert_eq!(early.next_due_at, Some(at(90)), "somebody has to look then");
    assert!(w.claim(at(90)).await.is_empty());
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Timeout));
}

pub(super) async fn a_cancel_ends_pending_work_at_once(w: World) {
    let claim = parked(&w).await;
    assert_eq!(
        w.store.cancel_run(claim.run_id, "ops", at(70)).await.unwrap(),
        CancelReply::Ended
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Cancelled));
}

pub(super) async fn a_cancel_that_came_before_pending_ends_the_run(w: World) {
    w.job(json!({})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.store.cancel_run(claim.run_id, "ops", at(60)).await.unwrap();
    assert_eq!(
        w.finish(&[pending(&claim, at(61))], at(61)).await,
        [FinishReply::Ended]
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Cancelled));
}

pub(super) async fn failed_work_elsewhere_is_retried(w: World) {
    w.job(json!({"monitorTimeout": 30, "retryCount": 1, "retryInterval": 5}))
        .await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.finish(&[pending(&claim, at(61))], at(61)).await;
    let failed = Outcome::bare(claim.attempt_id, claim.run_id, AttemptStatus::Failure, at(70));
    assert_eq!(w.finish(&[failed], at(70)).await, [FinishReply::Retry(at(75))]);
    assert_eq!(w.claim_one(at(75)).await.execute_index, 2);
}
