//! Bugs that somebody might write into the store, each of which the auditor must notice.
//!
//! A bug stands between the tap and the real store and does something else than was asked. No bug is in the product.

mod ahead;
mod claim_after_start;
mod claims;
mod dropped_retries;
mod edits;
mod forgotten_decisions;
mod forgotten_pause;
mod found;
mod late_is_on_time;
mod lost_row;
mod many;
mod next_fire_apart;
mod no_replan;
mod no_token_check;
mod no_unique_key;
mod overlap_at_planning;
mod real;
mod replayed_outcome;
mod sound;
mod told;

use std::fmt::Debug;

use async_trait::async_trait;
use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    job::Job,
    run::{Outcome, Run},
    time::Timestamp,
};
use wasmtab_store::{
    CancelReply, ClaimRequest, Claimed, Come, Deleted, FinishReply, JobChanges, JobStore, JobWrite,
    NewBackfill, NewCall, NewRepeats, NewTrigger, PauseRequest, Released, RepeatReply, RunStore, Started,
    StoreResult, TriggerRefused, WriteError,
};

pub(crate) use self::{real::Real, sound::Sound};

/// Makes the bug of one process; whatever it keeps in memory ends with the process.
pub(crate) type Plant = fn() -> Box<dyn Bug>;

/// Every write that a bug can bend; what it leaves alone goes through.
#[async_trait]
pub(crate) trait Bug: Debug + Send + Sync {
    /// The database was opened.
    async fn opened(&self, real: &Real) {
        let _ = real;
    }

    async fn create_job(&self, real: &Real, write: JobWrite) -> StoreResult<Result<Job, WriteError>> {
        real.store.create_job(write).await
    }

    async fn update_job(
        &self,
        real: &Real,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>> {
        real.store.update_job(id, expected, write).await
    }

    async fn delete_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>> {
        real.store.delete_job(id, by, now).await
    }

    async fn pause_job(
        &self,
        real: &Real,
        id: JobId,
        request: PauseRequest,
    ) -> StoreResult<Result<Job, WriteError>> {
        real.store.pause_job(id, request).await
    }

    async fn resume_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Job, WriteError>> {
        real.store.resume_job(id, by, now).await
    }

    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        real.store.release_due(now, limit).await
    }

    async fn release_at(&self, real: &Real, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        real.store.release_at(at, limit, come).await
    }

    async fn replan(&self, real: &Real, now: Timestamp) -> StoreResult<()> {
        real.store.replan(now).await
    }

    async fn trigger(
        &self,
        real: &Real,
        trigger: NewTrigger,
    ) -> StoreResult<Result<Started, TriggerRefused>> {
        real.store.trigger(trigger).await
    }

    async fn backfill(&self, real: &Real, backfill: NewBackfill) -> StoreResult<Option<Vec<RunId>>> {
        real.store.backfill(backfill).await
    }

    async fn call(&self, real: &Real, call: NewCall) -> StoreResult<Run> {
        real.store.call(call).await
    }

    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        real.store.claim_due(request).await
    }

    async fn mark_running(&self, real: &Real, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()> {
        real.store.mark_running(begun).await
    }

    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        real.store.finish(outcomes, now).await
    }

    async fn cancel_run(&self, real: &Real, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply> {
        real.store.cancel_run(id, by, now).await
    }

    async fn cancel_runs(
        &self,
        real: &Real,
        ids: &[RunId],
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Vec<CancelReply>> {
        real.store.cancel_runs(ids, by, now).await
    }

    async fn repeat(&self, real: &Real, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        real.store.repeat(repeats).await
    }

    async fn change_jobs(
        &self,
        real: &Real,
        changes: JobChanges,
    ) -> StoreResult<Vec<Result<(), WriteError>>> {
        real.store.change_jobs(changes).await
    }

    async fn rescue(&self, real: &Real, living: BootId, now: Timestamp) -> StoreResult<u64> {
        real.store.rescue(living, now).await
    }

    async fn give_back(
        &self,
        real: &Real,
        owner: BootId,
        known: &[AttemptId],
        now: Timestamp,
    ) -> StoreResult<u64> {
        real.store.give_back(owner, known, now).await
    }
}
