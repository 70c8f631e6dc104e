//! What people want of many jobs or runs at once.

use std::time::Duration;

use rand::{Rng, seq::IndexedRandom};
use wasmtab_domain::{
    policy::Overlap,
    repeat::Wish,
    run::{Run, RunStatus},
    status::Trigger,
};
use wasmtab_store::{
    JobChange, JobChanges, JobStore, NewRepeats, RunFilter, RunStore, conformance::World as Words,
};

use super::{World, specs};

/// Runs among which somebody chooses.
const RUNS: u32 = 40;

impl World {
    /// Somebody changes several jobs at once, each in one way.
    pub(crate) async fn bulk(&mut self) {
        let now = self.now();
        let mut changes = Vec::new();
        for job in self.jobs().await {
            if self.rng.random_bool(0.4) {
                continue;
            }
            let change = match self.rng.random_range(0..10) {
                0..3 => JobChange::Pause {
                    until: self.rng.random_bool(0.5).then(|| {
                        let secs = self.rng.random_range(1..=200);
                        now.plus(Duration::from_secs(secs))
                    }),
                    note: None,
                },
                3..6 => JobChange::Resume,
                6..9 => {
                    let own = job.spec.name.trim_start_matches("job-").parse().unwrap();
                    let said = specs::edit(&mut self.rng, now, own);
                    // Now and then somebody else was quicker.
                    let revision = job.revision - i64::from(self.rng.random_bool(0.2));
                    JobChange::Update(Box::new(Words::patched(&job.spec, &said)), revision)
                }
                _ if self.rng.random_bool(0.2) => JobChange::Delete,
                _ => continue,
            };
            changes.push((job.id, change));
        }
        let changes = JobChanges {
            changes,
            by: "ops".into(),
            now,
        };
        if let Some(up) = self.up() {
            let _ = up.tap.change_jobs(changes).await;
            up.process.plan().await;
        }
    }

    /// Somebody wants several of the newest runs to end.
    pub(crate) async fn cancel_many(&mut self) {
        let runs = self.newest_runs(RUNS).await;
        let count = self.rng.random_range(1..=4);
        let some: Vec<_> = runs.choose_multiple(&mut self.rng, count).copied().collect();
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.cancel_runs(&some, "ops", now).await;
        }
    }

    /// Somebody wants a run, or some of the shards of a fire, once more; most of them have ended.
    pub(crate) async fn repeat(&mut self) {
        let Some(up) = self.up() else { return };
        let filter = RunFilter::default();
        let runs = up.tap.runs(&filter, None, RUNS).await.unwrap().items;
        let some = runs
            .iter()
            .filter(|run| run.job_id.is_some())
            .filter(|run| matches!(run.status, RunStatus::Ended(_)))
            .collect::<Vec<_>>();
        let pool: Vec<_> = if self.rng.random_bool(0.9) {
            some
        } else {
            runs.iter().filter(|run| run.job_id.is_some()).collect()
        };
        let Some(chosen) = pool.choose(&mut self.rng).copied() else {
            return;
        };
        let wish = Wish {
            keep_instant: self.rng.random_bool(0.4),
            again: self.rng.random_bool(0.3),
            overlap: self.rng.random_bool(0.3).then_some(Overlap::Allow),
            in_turn: self.rng.random_bool(0.5),
        };
        let mut parts = vec![chosen];
        if chosen.trigger == Trigger::Cron && self.rng.random_bool(0.7) {
            let of_fire = |run: &&Run| {
                (run.job_id, run.scheduled_at, run.trigger)
                    == (chosen.job_id, chosen.scheduled_at, chosen.trigger)
            };
            parts = runs.iter().filter(of_fire).collect();
            parts.sort_by_key(|run| run.shard.index);
        }
        let repeats = NewRepeats {
            runs: parts.iter().map(|run| run.id).collect(),
            wish,
            dry_run: self.rng.random_bool(0.1),
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.repeat(repeats).await;
        }
    }
}
