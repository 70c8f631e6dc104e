//! Runs that somebody asks for.

use serde_json::json;
use wasmtab_domain::{
    ids::JobId,
    policy::Overlap,
    run::Hold,
    status::{AttemptStatus, RunState, Trigger},
};

use super::support::{World, active, at, trigger};
use crate::{NewTrigger, TriggerRefused};

pub(super) async fn a_trigger_makes_a_run_at_once(w: World) {
    let job = w.job(json!({"handlerParam": "p"})).await;
    let run = w.trigger(job.id, at(7)).await;
    assert_eq!(
        (run.trigger, run.requested_by.as_deref()),
        (Trigger::Manual, Some("ops"))
    );
    assert_eq!(
        (run.scheduled_at, run.status, run.revision),
        (at(7), active(RunState::Queued), Some(1))
    );
    assert_eq!(w.store.run(run.id).await.unwrap().as_ref(), Some(&run));
    let claim = w.claim_one(at(7)).await;
    assert_eq!(
        (claim.run_id, claim.trigger, claim.handler_param.as_str()),
        (run.id, Trigger::Manual, "p")
    );
    assert_eq!(w.read(job.id).await.progress, job.progress);
}

pub(super) async fn a_trigger_conflicts_with_the_active_run(w: World) {
    let job = w.job(json!({})).await;
    let first = w.trigger(job.id, at(7)).await;
    let second = w.store.trigger(trigger(job.id, at(8))).await.unwrap();
    assert_eq!(second, Err(TriggerRefused::Overlap(first.id)));
    assert_eq!(w.runs(job.id).await.len(), 1);
}

pub(super) async fn allow_overrides_the_conflict(w: World) {
    let job = w.job(json!({})).await;
    w.trigger(job.id, at(7)).await;
    let second = NewTrigger {
        overlap: Some(Overlap::Allow),
        ..trigger(job.id, at(8))
    };
    assert_eq!(w.store.trigger(second).await.unwrap().unwrap().run.held, None);
    assert_eq!(w.claim(at(8)).await.len(), 2);
}

pub(super) async fn a_trigger_waits_where_the_job_buffers(w: World) {
    let job = w.job(json!({"overlap": "bufferOne"})).await;
    let first = w.trigger(job.id, at(7)).await;
    let second = w.trigger(job.id, at(8)).await;
    assert_eq!(second.held, Some(Hold::Turn));
    assert_eq!(w.store.run(second.id).await.unwrap(), Some(second));
    let third = w.store.trigger(trigger(job.id, at(9))).await.unwrap();
    assert_eq!(third, Err(TriggerRefused::Overlap(first.id)));
}

pub(super) async fn paused_and_stopped_jobs_are_triggered(w: World) {
    let paused = w.job(json!({"name": "paused"})).await;
    w.pause(paused.id, None, at(1)).await;
    let stopped = w.job(json!({"name": "stopped", "status": "stopped"})).await;
    w.trigger(paused.id, at(2)).await;
    w.trigger(stopped.id, at(2)).await;
    assert_eq!(w.claim(at(2)).await.len(), 2);
}

pub(super) async fn a_trigger_takes_its_own_parameter(w: World) {
    let job = w.job(json!({"handlerParam": "p"})).await;
    let own = NewTrigger {
        handler_param: Some(String::new()),
        ..trigger(job.id, at(1))
    };
    w.store.trigger(own).await.unwrap().unwrap();
    // An empty parameter is one too.
    assert_eq!(w.claim_one(at(1)).await.handler_param, "");
}

pub(super) async fn a_trigger_of_no_job_is_refused(w: World) {
    let refused = w.store.trigger(trigger(JobId(4), at(1))).await.unwrap();
    assert_eq!(refused, Err(TriggerRefused::NotFound));
}

pub(super) async fn two_triggers_at_one_instant_are_two_runs(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    w.release(at(60)).await;
    let (first, second) = (w.trigger(job.id, at(60)).await, w.trigger(job.id, at(60)).await);
    assert_ne!(first.id, second.id);
    let claims = w.claim(at(60)).await;
    for claim in &claims {
        w.end(claim, AttemptStatus::Success, at(61)).await;
    }
    assert_eq!(w.ran(job.id).await, [60, 60, 60]);
}
