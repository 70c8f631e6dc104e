//! The cleaner removes from the log what the retention lets go, a few rows at a time beside the hot path.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wasmtab_domain::{
    retention::{Kind, Retention},
    time::Timestamp,
};
use wasmtab_store::{LogKey, LogSort, Store, StoreError};

use crate::clock::Timer;

/// How often there is something to remove.
const PERIOD: Duration = Duration::from_mins(1);
/// Runs and skipped fires that one transaction removes.
const BATCH: usize = 250;
/// Messages that one transaction removes.
const MESSAGES: u32 = 1_000;
/// Ends that one look takes.
const LOOK: u32 = 1_000;
/// Jobs that one round looks at for a surplus; the next round goes on from there.
const JOBS: u32 = 20_000;
/// Jobs that one look takes.
const JOBS_LOOK: u32 = 1_000;
/// Surplus that one look at a job takes.
const SURPLUS: u32 = 10_000;
/// How often everything is looked at again: runs that ended long after they were made lie below what was looked at before.
const AGAIN: Duration = Duration::from_hours(24);
/// How long an idempotency key is remembered.
const KEYS: Duration = Duration::from_hours(24);

pub(crate) struct Cleaner {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub retention: Retention,
    pub stop: CancellationToken,
}

/// How far this process has looked.
#[derive(Debug, Default)]
struct Progress {
    /// The last row that was looked at, for each kind.
    ends: [i64; Kind::ALL.len()],
    /// The last job.
    job: i64,
    /// When everything is looked at again.
    again: Option<Timestamp>,
}

impl Cleaner {
    pub(crate) async fn run(self) {
        let mut progress = Progress::default();
        loop {
            if let Err(error) = self.sweep(&mut progress).await {
                tracing::warn!(%error, "cleaning failed, the next round tries again: {error}");
            }
            let next = self.timer.now().plus(PERIOD);
            while self.timer.now() < next {
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = self.timer.sleep_until(next) => {}
                }
            }
        }
    }

    async fn sweep(&self, progress: &mut Progress) -> Result<(), StoreError> {
        let now = self.timer.now();
        if progress
            .again
            .is_none_or(|again| again <= now || again > now.plus(AGAIN))
        {
            progress.ends = [0; Kind::ALL.len()];
            progress.again = Some(now.plus(AGAIN));
        }
        for (kind, after) in Kind::ALL.iter().zip(&mut progress.ends) {
            self.sweep_kind(*kind, after, now).await?;
        }
        if self.retention.count.is_some() {
            self.sweep_jobs(&mut progress.job).await?;
        }
        // Messages are kept as long as the failures that most of them tell of.
        let told = self.retention.horizon(Kind::Failure, now);
        while !self.stop.is_cancelled() && self.store.sweep_deliveries(told, MESSAGES).await? {
            tokio::task::yield_now().await;
        }
        self.store.forget_keys(now.minus(KEYS)).await.map(drop)
    }

    /// Removes what is old of one kind. Rows of other kinds on the way are left to their own look.
    async fn sweep_kind(&self, kind: Kind, after: &mut i64, now: Timestamp) -> Result<(), StoreError> {
        let horizon = self.retention.horizon(kind, now);
        while !self.stop.is_cancelled() {
            let page = self.store.log_ends(*after, horizon, LOOK).await?;
            let expired: Vec<_> = page
                .items
                .iter()
                .filter(|end| {
                    Kind::of(end.status) == kind && self.retention.has_expired(kind, end.ended_at, now)
                })
                .map(|end| end.key)
                .collect();
            self.remove(&expired).await?;
            match page.next {
                Some(next) => *after = next,
                None => break,
            }
        }
        Ok(())
    }

    /// Removes what some jobs have too much of.
    async fn sweep_jobs(&self, after: &mut i64) -> Result<(), StoreError> {
        let count = self.retention.count.unwrap_or(u32::MAX);
        for _ in 0..JOBS / JOBS_LOOK {
            let page = self.store.crowded_jobs(*after, count, JOBS_LOOK).await?;
            for job in page.items {
                for sort in [LogSort::Runs, LogSort::Skipped] {
                    loop {
                        let limit = count.saturating_add(SURPLUS);
                        let newest = self.store.newest_of_job(job, sort, limit).await?;
                        let surplus = self.retention.surplus(&newest);
                        let removed = self.remove(surplus).await?;
                        // What is left of a surplus goes on, and its turn comes when it has ended.
                        if removed == 0 || newest.len() < limit as usize || self.stop.is_cancelled() {
                            break;
                        }
                    }
                }
            }
            *after = page.next.unwrap_or(0);
            if page.next.is_none() || self.stop.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    async fn remove(&self, keys: &[LogKey]) -> Result<u64, StoreError> {
        let mut removed = 0;
        for batch in keys.chunks(BATCH) {
            removed += self.store.remove_from_log(batch).await?;
            // Writers that came meanwhile go first.
            tokio::task::yield_now().await;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use async_trait::async_trait;
    use serde_json::json;
    use tempfile::TempDir;
    use wasmtab_domain::{ids::JobId, status::AttemptStatus, time::Clock};
    use wasmtab_store::conformance::{World, at};
    use wasmtab_store_sqlite::SqliteStore;

    use super::*;

    const DAY: i64 = 86_400;

    #[derive(Debug, Default)]
    struct Still(AtomicI64);

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::SeqCst))
        }
    }

    #[async_trait]
    impl Timer for Still {
        async fn sleep_until(&self, _: Timestamp) {
            std::future::pending::<()>().await;
        }
    }

    struct Bench {
        world: World,
        cleaner: Cleaner,
        clock: Arc<Still>,
        progress: Progress,
        job: JobId,
        _directory: TempDir,
    }

    impl Bench {
        /// A job whose daily fires end as `ends` says.
        async fn new(retention: Retention, ends: &[AttemptStatus]) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&directory.path().join("test.db"))
                .await
                .unwrap();
            let world = World::new(Arc::new(store));
            let job = world.create(json!({"every": DAY}), at(0)).await.id;
            for (day, status) in ends.iter().enumerate() {
                let now = at((day as i64 + 1) * DAY);
                world.release(now).await;
                let claims = world.claim_for(wasmtab_domain::ids::BootId(1), now, 10).await;
                world.end(&claims[0], *status, now).await;
            }
            let clock = Arc::new(Still::default());
            let cleaner = Cleaner {
                store: Arc::clone(&world.store),
                timer: clock.clone(),
                retention,
                stop: CancellationToken::new(),
            };
            Self {
                world,
                cleaner,
                clock,
                progress: Progress::default(),
                job,
                _directory: directory,
            }
        }

        /// The days whose runs are left once it was cleaned, a second into `day`.
        async fn left(&mut self, day: i64) -> Vec<i64> {
            self.clock
                .0
                .store(at(day * DAY + 1).as_micros(), Ordering::SeqCst);
            self.cleaner.sweep(&mut self.progress).await.unwrap();
            let runs = self.world.runs(self.job).await;
            let day = |at: Timestamp, zero: Timestamp| (at.since(zero).as_secs() as i64) / DAY;
            runs.iter().map(|run| day(run.scheduled_at, at(0))).collect()
        }
    }

    fn days(days: u64) -> Duration {
        Duration::from_hours(24 * days)
    }

    #[tokio::test]
    async fn failures_may_be_kept_longer_than_successes() {
        use AttemptStatus::{Failure, Success, Timeout};
        let retention = Retention {
            failures: days(10),
            ..Retention::all(days(2))
        };
        let mut bench = Bench::new(retention, &[Success, Failure, Success, Timeout, Success]).await;
        assert_eq!(bench.left(2).await, [1, 2, 3, 4, 5]);
        assert_eq!(bench.left(5).await, [2, 4, 5]);
        assert_eq!(bench.left(11).await, [2, 4]);
        assert_eq!(bench.left(12).await, [4]);
        assert_eq!(bench.left(20).await, [] as [i64; 0]);
    }

    #[tokio::test]
    async fn a_job_keeps_its_newest_runs_up_to_the_count() {
        let retention = Retention {
            count: Some(2),
            ..Retention::all(days(100))
        };
        let mut bench = Bench::new(retention, &[AttemptStatus::Success; 5]).await;
        assert_eq!(bench.left(5).await, [4, 5]);
        assert_eq!(bench.left(6).await, [4, 5]);
    }

    #[tokio::test]
    async fn a_run_that_ended_late_goes_when_everything_is_looked_at_again() {
        let mut bench = Bench::new(Retention::all(days(2)), &[AttemptStatus::Success; 3]).await;
        // As if these rows had been passed while their runs still went on.
        bench.progress.ends = [i64::MAX; Kind::ALL.len()];
        bench.progress.again = Some(at(7 * DAY));
        assert_eq!(bench.left(6).await, [1, 2, 3]);
        assert_eq!(bench.left(7).await, [] as [i64; 0]);
    }
}
