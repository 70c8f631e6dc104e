//! Fires that nobody was there to release are taken for fires on time.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{JobFilter, JobStore, Released, StoreResult};

use super::{Bug, Real};

/// Missed fires that one look takes so; an outage of hours would take minutes else.
const MOST: usize = 40;

/// Every look is taken as if it were at each missed fire's own instant.
#[derive(Debug)]
pub(super) struct LateIsOnTime;

#[async_trait]
impl Bug for LateIsOnTime {
    async fn release_due(&self, real: &Real, now: Timestamp, limit: u32) -> StoreResult<Released> {
        for _ in 0..MOST {
            let jobs = real.store.jobs(&JobFilter::default(), None, 100).await?.items;
            let Some(fire) = jobs.iter().filter_map(|job| job.progress.plan_at).min() else {
                break;
            };
            if fire >= now {
                break;
            }
            real.store.release_due(fire, limit).await?;
        }
        real.store.release_due(now, limit).await
    }
}
