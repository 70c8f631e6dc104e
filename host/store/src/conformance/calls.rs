//! Calls of a handler without a job.

use wasmtab_domain::{
    status::{AttemptStatus, RunState, Trigger},
    time::Timestamp,
};

use super::support::{World, active, at, ended, policy};
use crate::{CancelReply, FinishReply, NewCall};

fn call(due: Timestamp, now: Timestamp) -> NewCall {
    NewCall {
        handler_name: "Handler".into(),
        handler_param: Some("p".into()),
        at: due,
        policy: policy(1),
        by: "api".into(),
        now,
    }
}

pub(super) async fn a_call_waits_for_its_instant(w: World) {
    let run = w.store.call(call(at(100), at(0))).await.unwrap();
    assert_eq!(
        (run.status, run.job_id, run.trigger),
        (active(RunState::Scheduled), None, Trigger::Call)
    );
    assert!(w.claim(at(99)).await.is_empty());
    let claim = w.claim_one(at(100)).await;
    assert_eq!(
        (claim.run_id, claim.handler_param.as_str(), claim.scheduled_at),
        (run.id, "p", at(100))
    );
    w.end(&claim, AttemptStatus::Success, at(101)).await;
    let run = w.run(run.id).await;
    assert_eq!(
        (run.status, run.requested_by.as_deref()),
        (ended(AttemptStatus::Success), Some("api"))
    );
}

pub(super) async fn a_call_that_is_due_is_queued(w: World) {
    let run = w.store.call(call(at(0), at(5))).await.unwrap();
    assert_eq!(run.status, active(RunState::Queued));
    assert_eq!(w.claim_one(at(5)).await.due_at, at(0));
}

pub(super) async fn a_call_has_its_own_policy(w: World) {
    w.store.call(call(at(0), at(0))).await.unwrap();
    let claim = w.claim_one(at(0)).await;
    assert_eq!(*claim.policy, policy(1));
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(1)).await,
        FinishReply::Retry(at(61))
    );
    let claim = w.claim_one(at(61)).await;
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(62)).await,
        FinishReply::Ended
    );
}

pub(super) async fn a_call_is_cancelled_before_it_begins(w: World) {
    let run = w.store.call(call(at(100), at(0))).await.unwrap();
    assert_eq!(
        w.store.cancel_run(run.id, "ops", at(50)).await.unwrap(),
        CancelReply::Ended
    );
    assert!(w.claim(at(200)).await.is_empty());
    assert_eq!(w.run(run.id).await.status, ended(AttemptStatus::Cancelled));
}
