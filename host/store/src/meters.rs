//! What a store counts, for whoever watches it.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};
use wasmtab_domain::status::SkipReason;

/// Counts since the process began. Clones count together.
#[derive(Clone, Debug)]
pub struct StoreMeters {
    released: Counter,
    skipped: Family<Reason, Counter>,
    group: Histogram,
    commit: Histogram,
    failed: Counter,
}

/// Why fires were skipped. The words are the contract's, so that there are never more series than reasons.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Pieces of work in a commit.
const GROUPS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Seconds that a commit takes.
const SECONDS: [f64; 11] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

impl StoreMeters {
    /// Meters that stand at zero, also those of reasons that have not occurred: a rate needs its beginning.
    pub fn new() -> Self {
        let meters = Self {
            released: Counter::default(),
            skipped: Family::default(),
            group: Histogram::new(GROUPS),
            commit: Histogram::new(SECONDS),
            failed: Counter::default(),
        };
        for reason in SkipReason::ALL {
            meters.skipped(*reason, 0);
        }
        meters
    }

    /// So many fires have become runs.
    pub fn released(&self, fires: u64) {
        self.released.inc_by(fires);
    }

    /// So many fires were skipped for this reason.
    pub fn skipped(&self, reason: SkipReason, fires: u64) {
        let reason = Reason {
            reason: reason.as_str(),
        };
        self.skipped.get_or_create(&reason).inc_by(fires);
    }

    /// A transaction with so many pieces of work was committed, and took so long.
    pub fn committed(&self, group: usize, took: Duration) {
        self.group.observe(group as f64);
        self.commit.observe(took.as_secs_f64());
    }

    /// A transaction was not committed.
    pub fn not_committed(&self) {
        self.failed.inc();
    }

    /// Fires that have become runs so far, and fires that were skipped for this reason.
    pub fn fires(&self, reason: SkipReason) -> (u64, u64) {
        let reason = Reason {
            reason: reason.as_str(),
        };
        (self.released.get(), self.skipped.get_or_create(&reason).get())
    }

    /// Enters all of them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "wasmtab_fires_released",
            "Fires of schedules that became runs",
            self.released.clone(),
        );
        registry.register(
            "wasmtab_fires_skipped",
            "Fires of schedules and chains that were decided not to run, by reason",
            self.skipped.clone(),
        );
        registry.register(
            "wasmtab_commit_group_size",
            "Pieces of work that share one commit; its count is the number of commits",
            self.group.clone(),
        );
        registry.register_with_unit(
            "wasmtab_commit_duration",
            "How long a transaction takes, from its begin until it is durable",
            Unit::Seconds,
            self.commit.clone(),
        );
        registry.register(
            "wasmtab_commits_failed",
            "Transactions that could not be committed",
            self.failed.clone(),
        );
    }
}

impl Default for StoreMeters {
    fn default() -> Self {
        Self::new()
    }
}
