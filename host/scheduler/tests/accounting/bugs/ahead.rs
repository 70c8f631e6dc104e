//! Fires that are prepared ahead of their instant, and runs that are claimed in the commit that makes them, gone wrong.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{Come, JobStore, Released, StoreResult};

use super::{Bug, Real};

/// What was prepared is committed before the instant has come, and where it does not come at all.
#[derive(Debug)]
pub(super) struct DoesNotWait;

#[async_trait]
impl Bug for DoesNotWait {
    async fn release_at(&self, real: &Real, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        let already = Box::pin(std::future::ready(true));
        let released = real.store.release_at(at, limit, already).await;
        come.await;
        released
    }
}

/// Fires of jobs with active runs are decided ahead too, as if nothing were active.
#[derive(Debug)]
pub(super) struct ActiveRunsOverlooked;

#[async_trait]
impl Bug for ActiveRunsOverlooked {
    async fn release_at(&self, real: &Real, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        real.sql("UPDATE run SET job_id = -job_id").await;
        let released = real.store.release_at(at, limit, come).await;
        real.sql("UPDATE run SET job_id = -job_id WHERE job_id < 0").await;
        released
    }
}

/// What is released takes the seats although others have waited for longer.
#[derive(Debug)]
pub(super) struct SeatsBeforeTheQueue;

#[async_trait]
impl Bug for SeatsBeforeTheQueue {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        real.sql("UPDATE run SET hold = 'bug' WHERE hold IS NULL AND state <> 'running'")
            .await;
        let released = real.store.release_due(now, limit).await;
        real.sql("UPDATE run SET hold = NULL WHERE hold = 'bug'").await;
        released
    }
}
