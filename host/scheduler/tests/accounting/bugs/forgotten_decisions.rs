//! After the clock was set back nobody remembers what was decided, and fires are released again.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{JobStore, StoreResult};

use super::{Bug, Real};

/// What was decided is forgotten when next fires are computed anew.
#[derive(Debug)]
pub(super) struct ForgottenDecisions;

#[async_trait]
impl Bug for ForgottenDecisions {
    async fn opened(&self, real: &Real) {
        real.sql("DROP INDEX IF EXISTS run_fire; DROP INDEX IF EXISTS infra_job_log_fire")
            .await;
    }

    async fn replan(&self, real: &Real, now: Timestamp) -> StoreResult<()> {
        real.store.replan(now).await?;
        real.sql("UPDATE infra_job SET decided_until = NULL").await;
        Ok(())
    }
}
