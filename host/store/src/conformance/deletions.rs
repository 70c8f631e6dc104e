//! Removing jobs that have runs.

use serde_json::json;
use wasmtab_domain::{
    ids::JobId,
    status::{AttemptStatus, RunState},
};

use super::support::{World, active, at, ended};
use crate::{FinishReply, StateScope, WriteError};

pub(super) async fn a_deleted_job_is_gone_and_its_log_stays(w: World) {
    let job = w.job(json!({"name": "report"})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    w.end(&claim, AttemptStatus::Success, at(61)).await;
    w.store.delete_job(job.id, "ann", at(62)).await.unwrap().unwrap();
    assert_eq!(w.store.job(job.id).await.unwrap(), None);
    assert_eq!(w.log(job.id).await[0].job_name.as_deref(), Some("report"));
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Success));
    let revisions = w.store.revisions(job.id).await.unwrap();
    assert_eq!(revisions.len(), 2);
    assert_eq!(
        (revisions[1].spec.clone(), revisions[1].valid_from),
        (None, at(62))
    );
    assert_eq!(w.release(at(600)).await.runs, 0);
}

pub(super) async fn a_deletion_takes_the_jobs_state_along(w: World) {
    let (job, other) = (
        w.job(json!({"name": "a"})).await,
        w.job(json!({"name": "b"})).await,
    );
    let scopes = [
        StateScope::Job(job.id),
        StateScope::Job(other.id),
        StateScope::Handler("Handler".into()),
    ];
    for scope in &scopes {
        w.store.state_set(scope, "k", b"v", 100).await.unwrap().unwrap();
    }
    w.store.delete_job(job.id, "ann", at(1)).await.unwrap().unwrap();
    let mut kept = Vec::new();
    for scope in &scopes {
        kept.push(w.store.state_get(scope, "k").await.unwrap().is_some());
    }
    assert_eq!(kept, [false, true, true]);
}

pub(super) async fn a_deletion_ends_what_has_not_begun(w: World) {
    let job = w.job(json!({"misfire": "all"})).await;
    w.release(at(190)).await;
    let deleted = w.store.delete_job(job.id, "ann", at(191)).await.unwrap().unwrap();
    assert_eq!(deleted.cancelled.len(), 3);
    assert!(w.claim(at(900)).await.is_empty());
    for run in w.runs(job.id).await {
        assert_eq!(run.status, ended(AttemptStatus::Cancelled));
        assert_eq!(run.cancel_requested_by.as_deref(), Some("ann"));
    }
}

pub(super) async fn a_deletion_asks_the_running_attempt_to_stop(w: World) {
    let job = w.job(json!({"retryCount": 3})).await;
    w.release(at(60)).await;
    let claim = w.claim_one(at(60)).await;
    let deleted = w.store.delete_job(job.id, "ann", at(61)).await.unwrap().unwrap();
    assert_eq!(deleted.cancelled, [claim.run_id]);
    let run = w.run(claim.run_id).await;
    assert_eq!(
        (run.status, run.cancel_requested_by.as_deref()),
        (active(RunState::Running), Some("ann"))
    );
    assert_eq!(
        w.end(&claim, AttemptStatus::Failure, at(62)).await,
        FinishReply::Ended
    );
    assert_eq!(w.run(claim.run_id).await.status, ended(AttemptStatus::Failure));
}

pub(super) async fn a_deletion_first_decides_what_was_due(w: World) {
    let job = w.job(json!({"misfire": "skip"})).await;
    w.store.delete_job(job.id, "ann", at(121)).await.unwrap().unwrap();
    assert_eq!(w.skipped(job.id).await, [(60, 60, 1, "misfire")]);
    assert_eq!(w.ran(job.id).await, [120]);
    assert_eq!(w.runs(job.id).await[0].status, ended(AttemptStatus::Cancelled));
}

pub(super) async fn a_name_is_free_again_under_another_id(w: World) {
    let first = w.job(json!({})).await;
    w.release(at(60)).await;
    w.store
        .delete_job(first.id, "ann", at(61))
        .await
        .unwrap()
        .unwrap();
    let second = w.create(json!({}), at(62)).await;
    assert_ne!(first.id, second.id);
    assert_eq!(second.revision, 1);
    assert!(w.runs(second.id).await.is_empty());
}

pub(super) async fn deleting_what_is_not_there_is_refused(w: World) {
    let job = w.job(json!({})).await;
    w.store.delete_job(job.id, "ann", at(1)).await.unwrap().unwrap();
    assert_eq!(
        w.store.delete_job(job.id, "ann", at(2)).await.unwrap(),
        Err(WriteError::NotFound)
    );
    assert_eq!(
        w.store.delete_job(JobId(9), "ann", at(2)).await.unwrap(),
        Err(WriteError::NotFound)
    );
}
