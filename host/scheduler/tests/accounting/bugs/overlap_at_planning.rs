//! Overlap is decided by the runs that were active when the planner last looked, not by those at the release.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{JobStore, Released, RunFilter, RunStore, StoreResult};

use super::{Bug, Real};

/// Keeps the newest run that the last look saw.
#[derive(Debug, Default)]
pub(super) struct OverlapAtPlanning(AtomicI64);

#[async_trait]
impl Bug for OverlapAtPlanning {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        let seen = self.0.load(Ordering::Relaxed);
        real.sql(format!("UPDATE run SET job_id = -job_id WHERE id > {seen}"))
            .await;
        let released = real.store.release_due(now, limit).await;
        real.sql("UPDATE run SET job_id = -job_id WHERE job_id < 0").await;
        let runs = real.store.runs(&RunFilter::default(), None, 100).await?.items;
        let newest = runs.iter().map(|run| run.id.0).max().unwrap_or_default();
        self.0.fetch_max(newest, Ordering::Relaxed);
        released
    }
}
