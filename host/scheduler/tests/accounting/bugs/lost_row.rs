//! A fire is skipped and nobody writes it down.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{JobStore, Released, StoreResult};

use super::{Bug, Real};

/// The newest row of an overlap is lost.
#[derive(Debug)]
pub(super) struct LostRow;

#[async_trait]
impl Bug for LostRow {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        let released = real.store.release_due(now, limit).await?;
        if released.skipped > 0 {
            real.sql(
                "DELETE FROM infra_job_log WHERE reason = 'overlap' AND id = (SELECT max(id) FROM infra_job_log)",
            )
            .await;
        }
        Ok(released)
    }
}
