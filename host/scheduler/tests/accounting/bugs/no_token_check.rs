//! No token check: whoever reports on a run is believed.

use async_trait::async_trait;
use wasmtab_domain::{run::Outcome, time::Timestamp};
use wasmtab_store::{FinishReply, RunStore, StoreResult};

use super::{Bug, Real};

/// Every outcome is taken for that of the attempt that goes on.
#[derive(Debug)]
pub(super) struct NoTokenCheck;

#[async_trait]
impl Bug for NoTokenCheck {
    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        let mut believed = outcomes.to_vec();
        for outcome in &mut believed {
            let run = real.store.run(outcome.run_id).await?;
            if let Some(attempt) = run.and_then(|run| run.attempt_id) {
                outcome.attempt_id = attempt;
            }
        }
        real.store.finish(&believed, now).await
    }
}
