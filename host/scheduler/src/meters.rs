//! What the scheduler counts, for whoever watches it.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use wasmtab_domain::{run::Outcome, status::AttemptStatus};
use wasmtab_store::FinishReply;

/// Counts since the process began. Clones count together.
#[derive(Clone, Debug)]
pub struct SchedulerMeters(Arc<Meters>);

#[derive(Debug)]
struct Meters {
    attempts: Family<Status, Counter>,
    runs: Family<Status, Counter>,
    retries: Counter,
    refused: Counter,
    going_on: Gauge,
    lag: Histogram,
    duration: Histogram,
}

/// How attempts and runs ended. The words are the contract's, so that there are never more series than statuses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: &'static str,
}

/// Seconds from the instant at which an attempt is due to the guest's first instruction.
const LAGS: [f64; 14] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0,
];
/// Seconds from the guest's begin to its end.
const DURATIONS: [f64; 14] = [
    0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0,
];

impl SchedulerMeters {
    /// Meters that stand at zero, also those of statuses that have not occurred: a rate needs its beginning.
    pub(crate) fn new() -> Self {
        let meters = Meters {
            attempts: Family::default(),
            runs: Family::default(),
            retries: Counter::default(),
            refused: Counter::default(),
            going_on: Gauge::default(),
            lag: Histogram::new(LAGS),
            duration: Histogram::new(DURATIONS),
        };
        let ends = AttemptStatus::ALL
            .iter()
            .filter(|status| status.is_final() && **status != AttemptStatus::Skipped);
        for status in ends {
            let status = Status {
                status: status.as_str(),
            };
            let _ = meters.attempts.get_or_create_owned(&status);
            let _ = meters.runs.get_or_create_owned(&status);
        }
        Self(Arc::new(meters))
    }

    /// An attempt was claimed; it goes on until it has ended.
    pub(crate) fn claimed(&self) {
        self.0.going_on.inc();
    }

    /// The guest began so long after the attempt was due.
    pub(crate) fn began(&self, lag: Duration) {
        self.0.lag.observe(lag.as_secs_f64());
    }

    /// An attempt has ended, whatever becomes of its outcome.
    pub(crate) fn ended(&self) {
        self.0.going_on.dec();
    }

    /// The outcome of an attempt was written, or refused.
    pub(crate) fn written(&self, outcome: &Outcome, reply: FinishReply) {
        let status = Status {
            status: outcome.status.as_str(),
        };
        match reply {
            FinishReply::Refused => {
                self.0.refused.inc();
                return;
            }
            // It goes on elsewhere: how it ends is not known yet.
            FinishReply::Pending => return,
            FinishReply::Ended => {
                self.0.runs.get_or_create(&status).inc();
            }
            FinishReply::Retry(_) => {
                self.0.retries.inc();
            }
        }
        self.0.attempts.get_or_create(&status).inc();
        if let Some(millis) = outcome.duration {
            self.0
                .duration
                .observe(Duration::from_millis(millis).as_secs_f64());
        }
    }

    /// Outcomes that the database has acknowledged.
    pub fn acknowledged(&self) -> u64 {
        let of = |status: &AttemptStatus| {
            let status = status.as_str();
            self.0
                .attempts
                .get(&Status { status })
                .map_or(0, |count| count.get())
        };
        AttemptStatus::ALL.iter().map(of).sum()
    }

    /// Enters all of them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "wasmtab_attempts",
            "Attempts that this process carried out, by how they ended",
            self.0.attempts.clone(),
        );
        registry.register(
            "wasmtab_runs_ended",
            "Runs whose last attempt this process carried out, by how they ended",
            self.0.runs.clone(),
        );
        registry.register(
            "wasmtab_retries",
            "Attempts after which another one follows",
            self.0.retries.clone(),
        );
        registry.register(
            "wasmtab_outcomes_refused",
            "Outcomes that came after their claim was lost",
            self.0.refused.clone(),
        );
        registry.register(
            "wasmtab_attempts_going_on",
            "Attempts that go on in this process",
            self.0.going_on.clone(),
        );
        registry.register_with_unit(
            "wasmtab_start_lag",
            "From the instant at which an attempt is due to the guest's first instruction",
            Unit::Seconds,
            self.0.lag.clone(),
        );
        registry.register_with_unit(
            "wasmtab_attempt_duration",
            "From the guest's begin to its end",
            Unit::Seconds,
            self.0.duration.clone(),
        );
    }
}
