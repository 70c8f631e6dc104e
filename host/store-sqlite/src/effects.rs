//! What has to be announced once a transaction has committed.

use wasmtab_domain::{
    ids::{AttemptId, RunId},
    status::SkipReason,
};
use wasmtab_store::{Hint, Hints, StoreMeters};

/// Collected while the transaction goes on.
#[derive(Debug, Default)]
pub(crate) struct Effects {
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
    /// Tells everybody who listens, and counts.
    pub(crate) fn announce(&self, hints: &Hints, meters: &StoreMeters) {
        meters.released(self.released);
        for (reason, fires) in &self.skipped {
            meters.skipped(*reason, *fires);
        }
        for attempt in &self.asked {
            hints.send(Hint::Cancel(*attempt));
        }
        for run in &self.ended {
            hints.send(Hint::RunEnded(*run));
        }
        for run in &self.changed {
            hints.send(Hint::RunChanged(*run));
        }
        if self.queue {
            hints.send(Hint::Queue);
        }
        if self.alerts {
            hints.send(Hint::Alerts);
        }
    }
}
