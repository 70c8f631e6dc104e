//! What has to be announced once a transaction has committed.

use wasmtab_domain::{
    ids::{AttemptId, RunId},
    status::SkipReason,
};

use crate::{Hint, Hints, StoreMeters};

/// Collected by a backend while its transaction goes on.
#[derive(Debug, Default)]
pub struct Effects {
    /// Attempts that were asked to end.
    pub asked: Vec<AttemptId>,
    /// Runs that have ended.
    pub ended: Vec<RunId>,
    /// Runs that go on with another attempt, or elsewhere.
    pub changed: Vec<RunId>,
    /// Whether a run may have become claimable.
    pub queue: bool,
    /// Fires that became runs.
    pub released: u64,
    /// Fires that were skipped.
    pub skipped: Vec<(SkipReason, u64)>,
    /// Whether a message may wait to be delivered, or one was tried.
    pub alerts: bool,
}

impl Effects {
    /// Tells everybody in this process who listens, and counts.
    pub fn announce(&self, hints: &Hints, meters: &StoreMeters) {
        self.count(meters);
        for hint in self.hints() {
            hints.send(hint);
        }
    }

    /// Counts what was decided.
    pub fn count(&self, meters: &StoreMeters) {
        meters.released(self.released);
        for (reason, fires) in &self.skipped {
            meters.skipped(*reason, *fires);
        }
    }

    /// What there is to tell.
    pub fn hints(&self) -> impl Iterator<Item = Hint> {
        let asked = self.asked.iter().copied().map(Hint::Cancel);
        let ended = self.ended.iter().copied().map(Hint::RunEnded);
        let changed = self.changed.iter().copied().map(Hint::RunChanged);
        asked
            .chain(ended)
            .chain(changed)
            .chain(self.queue.then_some(Hint::Queue))
            .chain(self.alerts.then_some(Hint::Alerts))
    }
}
