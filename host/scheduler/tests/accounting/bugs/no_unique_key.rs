//! No unique key on a fire: two planners that look at once both release it.
//!
//! What the second one would skip is left out: the keys keep two runs of a fire apart, or two rows. That a run and a row do
//! not both cover it is held by the transaction.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{JobStore, Released, StoreResult};

use super::{Bug, Real};

/// Every look is taken twice, from the same snapshot of the job table. With the keys the second one is refused.
#[derive(Debug)]
pub(super) struct TwoPlanners {
    pub keys: bool,
}

#[async_trait]
impl Bug for TwoPlanners {
    async fn opened(&self, real: &Real) {
        if !self.keys {
            real.sql("DROP INDEX IF EXISTS run_fire; DROP INDEX IF EXISTS infra_job_log_fire")
                .await;
        }
    }

    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        real.keep("stale").await;
        let released = real.store.release_due(now, limit).await?;
        if released.runs + released.skipped > 0 {
            real.keep("fresh").await;
            real.restore("stale").await;
            real.restore_pauses("stale").await;
            real.sql("DROP TABLE IF EXISTS rows; CREATE TABLE rows AS SELECT id FROM infra_job_log")
                .await;
            let _ = real.store.release_due(now, limit).await;
            real.restore("fresh").await;
            real.restore_pauses("fresh").await;
            real.sql("DELETE FROM infra_job_log WHERE execute_index = 0 AND id NOT IN (SELECT id FROM rows)")
                .await;
        }
        Ok(released)
    }
}
