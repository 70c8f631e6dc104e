//! `bufferAll` and `cancelOther`.

use serde_json::json;
use wasmtab_domain::{
    policy::Overlap,
    run::Hold,
    status::{AttemptStatus, RunState},
};

use super::support::{World, active, at, ended, trigger};

pub(super) async fn buffer_all_keeps_every_waiting_fire_in_order(w: World) {
    let job = w.job(json!({"overlap": "bufferAll"})).await;
    for minute in 1..=4 {
        w.release(at(minute * 60)).await;
    }
    assert_eq!(w.ran(job.id).await, [60, 120, 180, 240]);
    for minute in 1..=4 {
        let claim = w.claim_one(at(300)).await;
        assert_eq!(claim.scheduled_at, at(minute * 60));
        w.end(&claim, AttemptStatus::Success, at(300)).await;
    }
}

pub(super) async fn buffer_all_is_bounded(w: World) {
    let job = w.job(json!({"overlap": "bufferAll", "every": 3600})).await;
    for _ in 0..=Overlap::MAX_BUFFERED {
        w.trigger(job.id, at(10)).await;
    }
    let refused = w.store.trigger(trigger(job.id, at(11))).await.unwrap();
    assert!(refused.is_err(), "one runs and a thousand wait");
    w.release(at(3600)).await;
    assert_eq!(w.skipped(job.id).await, [(3600, 3600, 1, "overlap")]);
}

pub(super) async fn cancel_other_starts_after_the_cancelled_run_has_ended(w: World) {
    let job = w.job(json!({"overlap": "cancelOther"})).await;
    w.release(at(60)).await;
    let first = w.claim_one(at(60)).await;
    w.release(at(120)).await;
    let runs = w.runs(job.id).await;
    assert!(
        runs[0]
            .cancel_requested_by
            .as_deref()
            .unwrap()
            .contains("cancelOther")
    );
    assert_eq!(runs[1].held, Some(Hold::Turn));
    assert!(w.claim(at(130)).await.is_empty());
    w.end(&first, AttemptStatus::Cancelled, at(131)).await;
    assert_eq!(w.claim_one(at(131)).await.scheduled_at, at(120));
}

pub(super) async fn cancel_other_ends_what_has_not_begun(w: World) {
    let job = w.job(json!({"overlap": "cancelOther"})).await;
    w.release(at(60)).await;
    w.release(at(120)).await;
    let runs = w.runs(job.id).await;
    assert_eq!(runs[0].status, ended(AttemptStatus::Cancelled));
    assert_eq!((runs[1].status, runs[1].held), (active(RunState::Queued), None));
}

pub(super) async fn cancel_other_replaces_the_fire_that_waits(w: World) {
    let job = w.job(json!({"overlap": "cancelOther"})).await;
    w.release(at(60)).await;
    let first = w.claim_one(at(60)).await;
    w.release(at(120)).await;
    w.release(at(180)).await;
    w.end(&first, AttemptStatus::Cancelled, at(185)).await;
    assert_eq!(w.claim_one(at(185)).await.scheduled_at, at(180));
    let statuses: Vec<_> = w
        .runs(job.id)
        .await
        .iter()
        .map(|run| run.status.as_str())
        .collect();
    assert_eq!(statuses, ["cancelled", "cancelled", "running"]);
}
