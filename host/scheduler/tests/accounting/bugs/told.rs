//! Messages that are lost, and retries that run on something else than they began on.

use std::sync::Arc;

use async_trait::async_trait;
use wasmtab_domain::{policy::RetryVersion, run::Outcome, time::Timestamp};
use wasmtab_store::{ClaimRequest, Claimed, FinishReply, RunStore, StoreResult};

use super::{Bug, Real};

/// The newest message is forgotten.
#[derive(Debug)]
pub(super) struct LostMessage;

#[async_trait]
impl Bug for LostMessage {
    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        let replies = real.store.finish(outcomes, now).await?;
        real.sql("DELETE FROM alert_delivery WHERE id = (SELECT max(id) FROM alert_delivery)")
            .await;
        Ok(replies)
    }
}

/// That a job had failed is forgotten, so that nobody hears that it succeeds again.
#[derive(Debug)]
pub(super) struct NoRecovery;

#[async_trait]
impl Bug for NoRecovery {
    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        real.sql("DELETE FROM alert_failing").await;
        real.store.finish(outcomes, now).await
    }
}

/// Every attempt runs on the newest version.
#[derive(Debug)]
pub(super) struct NeverTheSame;

#[async_trait]
impl Bug for NeverTheSame {
    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        let mut claimed = real.store.claim_due(request).await?;
        for claim in &mut claimed.claims {
            if claim.policy.retry_version == RetryVersion::Same
                && let Some(binding) = &mut claim.binding
                && claim.execute_index > 1
            {
                Arc::make_mut(binding).version = 2;
            }
        }
        Ok(claimed)
    }
}
