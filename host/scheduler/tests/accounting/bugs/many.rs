//! What is done to many jobs or runs at once, and is done to fewer, or more often than was asked.

use async_trait::async_trait;
use wasmtab_domain::{ids::RunId, policy::Overlap, repeat::Wish, time::Timestamp};
use wasmtab_store::{
    CancelReply, JobChanges, JobStore, NewRepeats, RepeatReply, RunStore, StoreResult, WriteError,
};

use super::{Bug, Real};

/// The last of several changes is answered and not carried out.
#[derive(Debug)]
pub(super) struct BulkDropsTheLast;

#[async_trait]
impl Bug for BulkDropsTheLast {
    async fn change_jobs(
        &self,
        real: &Real,
        mut changes: JobChanges,
    ) -> StoreResult<Vec<Result<(), WriteError>>> {
        let last = changes.changes.pop();
        let mut replies = real.store.change_jobs(changes).await?;
        replies.extend(last.map(|_| Ok(())));
        Ok(replies)
    }
}

/// A change of several jobs forgets their fires that are due and not decided.
#[derive(Debug)]
pub(super) struct BulkForgetsFires;

#[async_trait]
impl Bug for BulkForgetsFires {
    async fn change_jobs(
        &self,
        real: &Real,
        changes: JobChanges,
    ) -> StoreResult<Vec<Result<(), WriteError>>> {
        let now = changes.now.as_micros();
        for (job, _) in &changes.changes {
            real.sql(format!(
                "UPDATE infra_job SET next_fire_at = next_fire_at + 1000000 * every
                WHERE id = {job} AND every IS NOT NULL AND next_fire_at <= {now}"
            ))
            .await;
        }
        real.store.change_jobs(changes).await
    }
}

/// Of several runs only the first is asked to end.
#[derive(Debug)]
pub(super) struct CancelsTheFirst;

#[async_trait]
impl Bug for CancelsTheFirst {
    async fn cancel_runs(
        &self,
        real: &Real,
        ids: &[RunId],
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Vec<CancelReply>> {
        let mut replies = real.store.cancel_runs(&ids[..ids.len().min(1)], by, now).await?;
        replies.resize(ids.len(), CancelReply::Ended);
        Ok(replies)
    }
}

/// Runs that were repeated before are repeated again.
#[derive(Debug)]
pub(super) struct RepeatsAgain;

#[async_trait]
impl Bug for RepeatsAgain {
    async fn repeat(&self, real: &Real, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        let wish = Wish {
            again: true,
            ..repeats.wish
        };
        real.store.repeat(NewRepeats { wish, ..repeats }).await
    }
}

/// Repeated runs do not wait for others.
#[derive(Debug)]
pub(super) struct RepeatsBesideOthers;

#[async_trait]
impl Bug for RepeatsBesideOthers {
    async fn repeat(&self, real: &Real, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        let wish = Wish {
            overlap: Some(Overlap::Allow),
            ..repeats.wish
        };
        real.store.repeat(NewRepeats { wish, ..repeats }).await
    }
}
