//! A pause is not looked at where fires are decided.

use async_trait::async_trait;
use wasmtab_domain::{ids::JobId, job::Job, time::Timestamp};
use wasmtab_store::{JobStore, Released, StoreResult, WriteError};

use super::{Bug, Real};

/// The planner knows of no pause.
#[derive(Debug)]
pub(super) struct ForgottenPause;

#[async_trait]
impl Bug for ForgottenPause {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        unpaused(real, real.store.release_due(now, limit)).await
    }
}

/// What a pause has held back is caught up when it is lifted.
#[derive(Debug)]
pub(super) struct ResumeCatchesUp;

#[async_trait]
impl Bug for ResumeCatchesUp {
    async fn resume_job(
        &self,
        real: &Real,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Job, WriteError>> {
        unpaused(real, real.store.release_due(now, 500)).await?;
        real.store.resume_job(id, by, now).await
    }
}

/// Does `work` while no job is paused.
async fn unpaused<T>(real: &Real, work: impl Future<Output = T>) -> T {
    real.sql(
        "CREATE TABLE IF NOT EXISTS aside AS SELECT * FROM infra_job WHERE 0;
        DELETE FROM aside;
        INSERT INTO aside SELECT * FROM infra_job WHERE paused_at IS NOT NULL;
        UPDATE infra_job SET paused_at = NULL, plan_at = next_fire_at WHERE paused_at IS NOT NULL",
    )
    .await;
    let done = work.await;
    real.sql("UPDATE infra_job SET paused_at = aside.paused_at FROM aside WHERE aside.id = infra_job.id")
        .await;
    done
}
