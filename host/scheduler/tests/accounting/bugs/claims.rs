//! Claims that take what they must not, leave what they must take, or keep what nobody heard of.

use async_trait::async_trait;
use wasmtab_domain::{
    ids::{AttemptId, BootId},
    time::Timestamp,
};
use wasmtab_store::{ClaimRequest, Claimed, RunStore, StoreResult};

use super::{Bug, Real};

/// A run is claimed before those that it has to wait for have ended.
#[derive(Debug)]
pub(super) struct OutOfTurn;

#[async_trait]
impl Bug for OutOfTurn {
    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        real.sql("UPDATE run SET hold = NULL WHERE hold = 'turn'").await;
        real.store.claim_due(request).await
    }
}

/// Retries of a paused job do not wait.
#[derive(Debug)]
pub(super) struct RetriesInAPause;

#[async_trait]
impl Bug for RetriesInAPause {
    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        real.sql("UPDATE run SET hold = NULL WHERE hold = 'paused'").await;
        real.store.claim_due(request).await
    }
}

/// The oldest goes first, whatever its priority.
#[derive(Debug)]
pub(super) struct NoPriority;

#[async_trait]
impl Bug for NoPriority {
    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        let by_age = ClaimRequest {
            by_age: request.limit,
            ..request.clone()
        };
        real.store.claim_due(&by_age).await
    }
}

/// Claims whose answer was lost are never given back.
#[derive(Debug)]
pub(super) struct UnheardClaims;

#[async_trait]
impl Bug for UnheardClaims {
    async fn give_back(
        &self,
        _real: &Real,
        _owner: BootId,
        _known: &[AttemptId],
        _now: Timestamp,
    ) -> StoreResult<u64> {
        Ok(0)
    }
}
