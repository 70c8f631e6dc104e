//! The next fire is advanced in a second transaction, which a crash can separate from the first.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use wasmtab_domain::{ids::JobId, job::Job, time::Timestamp};
use wasmtab_store::{Deleted, JobStore, JobWrite, PauseRequest, Released, StoreResult, WriteError};

use super::{Bug, Real};

/// What is left to be advanced is so before the next look or edit, if the process lives to do it.
#[derive(Debug, Default)]
pub(super) struct NextFireApart(AtomicBool);

impl NextFireApart {
    async fn advance(&self, real: &Real) {
        if self.0.swap(false, Ordering::Relaxed) {
            real.restore("advanced").await;
        }
    }
}

#[async_trait]
impl Bug for NextFireApart {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        self.advance(real).await;
        real.keep("before").await;
        let released = real.store.release_due(now, limit).await?;
        if released.runs + released.skipped > 0 {
            real.keep("advanced").await;
            real.restore("before").await;
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(released)
    }

    async fn update_job(
        &self,
        real: &Real,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>> {
        self.advance(real).await;
        real.store.update_job(id, expected, write).await
    }

    async fn delete_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>> {
        self.advance(real).await;
        real.store.delete_job(id, by, now).await
    }

    async fn pause_job(
        &self,
        real: &Real,
        id: JobId,
        request: PauseRequest,
    ) -> StoreResult<Result<Job, WriteError>> {
        self.advance(real).await;
        real.store.pause_job(id, request).await
    }

    async fn resume_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Job, WriteError>> {
        self.advance(real).await;
        real.store.resume_job(id, by, now).await
    }

    async fn replan(&self, real: &Real, now: Timestamp) -> StoreResult<()> {
        self.advance(real).await;
        real.store.replan(now).await
    }
}
