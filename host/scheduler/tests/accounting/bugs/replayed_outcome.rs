//! An outcome is carried out twice.

use async_trait::async_trait;
use wasmtab_domain::{run::Outcome, time::Timestamp};
use wasmtab_store::{FinishReply, RunStore, StoreResult};

use super::{Bug, Real};

/// Where another attempt follows, the outcome is taken once more.
#[derive(Debug)]
pub(super) struct ReplayedOutcome;

#[async_trait]
impl Bug for ReplayedOutcome {
    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        let replies = real.store.finish(outcomes, now).await?;
        for (outcome, reply) in outcomes.iter().zip(&replies) {
            if matches!(reply, FinishReply::Retry(_)) {
                let run = outcome.run_id;
                real.sql(format!("UPDATE run SET state = 'running' WHERE id = {run}"))
                    .await;
                let again = Outcome {
                    log: wasmtab_domain::run::AttemptLog::default(),
                    ..outcome.clone()
                };
                real.store.finish(&[again], now).await?;
            }
        }
        Ok(replies)
    }
}
