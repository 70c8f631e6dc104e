//! Edits, deletions and starts by hand that do less or more than was asked.

use async_trait::async_trait;
use wasmtab_domain::{ids::JobId, job::Job, policy::Overlap, run::Outcome, time::Timestamp};
use wasmtab_store::{
    Deleted, FinishReply, JobStore, JobWrite, NewTrigger, RunStore, Started, StoreResult, TriggerRefused,
    WriteError,
};

use super::{Bug, Real};

/// An edit of the schedule forgets the fires that are due and not decided.
#[derive(Debug)]
pub(super) struct EditForgetsFires;

#[async_trait]
impl Bug for EditForgetsFires {
    async fn update_job(
        &self,
        real: &Real,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>> {
        let job = real.store.job(id).await?;
        if job.is_some_and(|job| !job.spec.same_fires(&write.spec)) {
            real.sql(format!(
                "UPDATE infra_job SET next_fire_at = NULL WHERE id = {id}"
            ))
            .await;
        }
        real.store.update_job(id, expected, write).await
    }
}

/// A deletion leaves the runs that have not begun in the queue.
#[derive(Debug)]
pub(super) struct DeleteLeavesTheQueue;

#[async_trait]
impl Bug for DeleteLeavesTheQueue {
    async fn delete_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>> {
        real.sql(format!(
            "UPDATE run SET job_id = -job_id WHERE job_id = {id} AND state <> 'running'"
        ))
        .await;
        let deleted = real.store.delete_job(id, by, now).await;
        real.sql("UPDATE run SET job_id = -job_id WHERE job_id < 0").await;
        deleted
    }
}

/// A start by hand makes two runs.
#[derive(Debug)]
pub(super) struct StartsTwice;

#[async_trait]
impl Bug for StartsTwice {
    async fn trigger(
        &self,
        real: &Real,
        trigger: NewTrigger,
    ) -> StoreResult<Result<Started, TriggerRefused>> {
        let answer = real.store.trigger(trigger.clone()).await?;
        if answer.is_ok() {
            let again = NewTrigger {
                overlap: Some(Overlap::Allow),
                ..trigger
            };
            let _ = real.store.trigger(again).await?;
        }
        Ok(answer)
    }
}

/// That somebody asked for a run's end is forgotten when its attempt fails.
#[derive(Debug)]
pub(super) struct ForgottenCancel;

#[async_trait]
impl Bug for ForgottenCancel {
    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        real.sql("UPDATE run SET cancel_by = NULL").await;
        real.store.finish(outcomes, now).await
    }
}
