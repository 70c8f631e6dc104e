//! Fires and runs that meet a run of the same job.

use serde_json::json;
use wasmtab_domain::{run::Hold, status::AttemptStatus};

use super::support::{World, at};
use crate::CancelReply;

pub(super) async fn skip_names_the_run_in_the_way(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    assert_eq!(w.skipped(job.id).await, [(120, 120, 1, "overlap")]);
    let blocking = w.runs(job.id).await[0].id;
    let row = w.log(job.id).await.remove(0);
    assert_eq!(
        (row.blocked_by, row.run_id, row.end_time),
        (Some(blocking), None, Some(at(120)))
    );

    let claim = w.claim_one(at(130)).await;
    w.end(&claim, AttemptStatus::Success, at(140)).await;
    w.release(at(180)).await;
    assert_eq!(w.ran(job.id).await, [60, 180]);
}

pub(super) async fn allow_runs_beside(w: World) {
    let job = w.job(json!({"overlap": "allow", "misfire": "all"})).await;
    w.release(at(60)).await;
    w.release(at(200)).await;
    assert_eq!(w.ran(job.id).await, [60, 120, 180]);
    assert_eq!(w.claim(at(200)).await.len(), 3);
}

pub(super) async fn buffer_one_keeps_the_first_waiting_fire(w: World) {
    let job = w.job(json!({"overlap": "bufferOne"})).await;
    for minute in 1..=4 {
        w.release(at(minute * 60)).await;
    }
    assert_eq!(w.ran(job.id).await, [60, 120]);
    assert_eq!(
        w.skipped(job.id).await,
        [(180, 180, 1, "overlap"), (240, 240, 1, "overlap")]
    );
    assert_eq!(w.runs(job.id).await[1].held, Some(Hold::Turn));
}

pub(super) async fn a_held_run_is_not_claimed_before_its_turn(w: World) {
    let job = w.job(json!({"overlap": "bufferOne"})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    let first = w.claim_one(at(120)).await;
    assert!(w.claim(at(9_000)).await.is_empty());
    w.end(&first, AttemptStatus::Success, at(130)).await;
    let second = w.claim_one(at(130)).await;
    assert_eq!((second.job_id, second.scheduled_at), (Some(job.id), at(120)));
}

pub(super) async fn turns_go_in_order(w: World) {
    w.job(json!({"misfire": "all"})).await;
    w.release(at(310)).await;
    for minute in 1..=5 {
        let claim = w.claim_one(at(310)).await;
        assert_eq!(claim.scheduled_at, at(minute * 60));
        w.end(&claim, AttemptStatus::Failure, at(310)).await;
    }
    assert!(w.claim(at(310)).await.is_empty());
}

pub(super) async fn a_retry_wait_is_still_in_the_way(w: World) {
    let job = w.job(json!({"retryCount": 1, "retryInterval": 300})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Failure, at(70)).await;
    w.release(at(120)).await;
    assert_eq!(w.skipped(job.id).await, [(120, 120, 1, "overlap")]);
}

pub(super) async fn cancelling_the_blocker_gives_the_turn(w: World) {
    let job = w.job(json!({"overlap": "bufferOne"})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    let runs = w.runs(job.id).await;
    assert_eq!(
        w.store.cancel_run(runs[0].id, "ops", at(125)).await.unwrap(),
        CancelReply::Ended
    );
    assert_eq!(w.claim_one(at(125)).await.run_id, runs[1].id);
}

pub(super) async fn cancelling_a_held_run_leaves_the_turn(w: World) {
    let job = w.job(json!({"misfire": "all"})).await;
    w.release(at(190)).await;
    let runs = w.runs(job.id).await;
    let first = w.claim_one(at(190)).await;
    assert_eq!(
        w.store.cancel_run(runs[1].id, "ops", at(195)).await.unwrap(),
        CancelReply::Ended
    );
    assert!(w.claim(at(195)).await.is_empty());
    w.end(&first, AttemptStatus::Success, at(200)).await;
    assert_eq!(w.claim_one(at(200)).await.run_id, runs[2].id);
}
