//! Claims are committed after their guests have started.

use std::sync::Mutex;

use async_trait::async_trait;
use wasmtab_domain::{
    ids::AttemptId,
    run::{Claim, Outcome},
    time::Timestamp,
};
use wasmtab_store::{ClaimRequest, Claimed, FinishReply, RunStore, StoreResult};

use super::{Bug, Real};

/// A claim is given out at once and committed with the next write of the journal or the dispatcher.
#[derive(Debug, Default)]
pub(super) struct ClaimAfterStart(Mutex<Vec<Claim>>);

impl ClaimAfterStart {
    async fn commit(&self, real: &Real) {
        let claims = std::mem::take(&mut *self.0.lock().unwrap());
        for claim in claims {
            let (run, attempt) = (claim.run_id, claim.attempt_id);
            real.sql(format!(
                "INSERT OR IGNORE INTO infra_job_log SELECT * FROM late WHERE id = {attempt};
                UPDATE run SET state = 'running', attempts = attempts + 1, attempt_id = {attempt},
                    boot_id = (SELECT boot_id FROM late WHERE id = {attempt}) WHERE id = {run};
                DELETE FROM late WHERE id = {attempt}"
            ))
            .await;
        }
    }
}

#[async_trait]
impl Bug for ClaimAfterStart {
    async fn claim_due(&self, real: &Real, request: &ClaimRequest) -> StoreResult<Claimed> {
        self.commit(real).await;
        let claimed = real.store.claim_due(request).await?;
        for claim in &claimed.claims {
            let (run, attempt) = (claim.run_id, claim.attempt_id);
            real.sql(format!(
                "CREATE TABLE IF NOT EXISTS late AS SELECT * FROM infra_job_log WHERE 0;
                DELETE FROM late WHERE id = {attempt};
                INSERT INTO late SELECT * FROM infra_job_log WHERE id = {attempt};
                DELETE FROM infra_job_log WHERE id = {attempt};
                UPDATE run SET state = iif(attempts > 1, 'waitingRetry', 'queued'), boot_id = NULL,
                    attempts = attempts - 1,
                    attempt_id = (SELECT max(id) FROM infra_job_log AS log WHERE log.run_id = run.id)
                WHERE id = {run}"
            ))
            .await;
        }
        self.0.lock().unwrap().extend(claimed.claims.iter().cloned());
        Ok(claimed)
    }

    async fn mark_running(&self, real: &Real, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()> {
        self.commit(real).await;
        real.store.mark_running(begun).await
    }

    async fn finish(
        &self,
        real: &Real,
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> StoreResult<Vec<FinishReply>> {
        self.commit(real).await;
        real.store.finish(outcomes, now).await
    }
}
