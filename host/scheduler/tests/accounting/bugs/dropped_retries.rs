//! Retries that sleep in memory: a restart drops them.

use async_trait::async_trait;
use wasmtab_domain::{ids::BootId, time::Timestamp};
use wasmtab_store::{RunStore, StoreResult};

use super::{Bug, Real};

/// Whoever starts finds no run that waits for a retry.
#[derive(Debug)]
pub(super) struct DroppedRetries;

#[async_trait]
impl Bug for DroppedRetries {
    async fn rescue(&self, real: &Real, living: BootId, now: Timestamp) -> StoreResult<u64> {
        real.sql("DELETE FROM run WHERE state = 'waitingRetry'").await;
        real.store.rescue(living, now).await
    }
}

/// A death uses up one of the job's retries.
#[derive(Debug)]
pub(super) struct DeathIsTheJobsFault;

#[async_trait]
impl Bug for DeathIsTheJobsFault {
    async fn rescue(&self, real: &Real, living: BootId, now: Timestamp) -> StoreResult<u64> {
        real.sql(format!(
            "UPDATE run SET retries = retries + 1 WHERE state = 'running' AND boot_id IS NOT {living}"
        ))
        .await;
        real.store.rescue(living, now).await
    }
}

/// Attempts of the dead stay as they are.
#[derive(Debug)]
pub(super) struct NoRescue;

#[async_trait]
impl Bug for NoRescue {
    async fn rescue(&self, _real: &Real, _living: BootId, _now: Timestamp) -> StoreResult<u64> {
        Ok(0)
    }
}
