//! What became of a job's instants, as the log and the queue have it.

use crate::{
    ids::{AttemptId, RunId},
    run::RunStatus,
    status::{SkipReason, Trigger},
    time::Timestamp,
};

/// A run that was made of an instant, or a row that says why none was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedFire {
    /// The first instant that it tells of.
    pub from: Timestamp,
    /// The last; another one only where skipped fires share a row.
    pub until: Timestamp,
    /// `cron`, or `backfill` where the instant was asked for afterwards.
    pub trigger: Trigger,
    /// What tells the fires of one instant apart: the shards of a fire have it in common, and a later fire has a higher one.
    pub fire_key: i64,
    /// What became of it.
    pub became: Became,
}

/// What became of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// A run, and how it stands.
    Run(RunId, RunStatus),
    /// Nothing ran.
    Skipped {
        /// The row of the log that says so.
        row: AttemptId,
        /// Why.
        reason: SkipReason,
        /// The run that was in the way.
        blocked_by: Option<RunId>,
        /// What caused it, in words, where the reason alone does not tell.
        cause: Option<String>,
    },
}

impl DecidedFire {
    /// Whether it tells of `at`.
    pub fn covers(&self, at: Timestamp) -> bool {
        (self.from..=self.until).contains(&at)
    }
}
