//! Telling somebody: which end of a run is worth a message, who hears of it, and how often a delivery is tried.

mod decide;
mod message;
mod signature;

use serde::{Deserialize, Serialize};

pub use self::{
    decide::{Outgoing, Subject, ended, next_try, outgoing},
    message::{JobFacts, Message},
    signature::sign,
};
use crate::{ids::JobId, status::words, time::Timestamp};

/// Tries of one delivery, the first among them; then it is given up. With the waits between them that is 3 h 25 min.
pub const TRIES: u32 = 12;
/// Channels of one server.
pub const CHANNELS: usize = 100;
/// Rules of one server; each may add a message to the end of a run.
pub const RULES: usize = 1_000;
/// Silences that hold at once.
pub const SILENCES: usize = 1_000;
/// Bytes of a channel's URL.
pub const URL_BYTES: usize = 2_000;
/// Bytes of a channel's secret.
pub const SECRET_BYTES: usize = 1_000;
/// Bytes of an error that a message repeats.
pub const MESSAGE_ERROR_BYTES: usize = 2_000;

words! {
    /// What a message tells.
    Event {
        /// A run has failed for good.
        Failure = "failure",
        /// A run has succeeded after one of the same job had failed.
        Recovery = "recovery",
        /// An attempt goes on for longer than its job's `warnAfter`.
        WarnAfter = "warnAfter",
        /// Nothing: somebody tries the channel.
        Test = "test",
    }
}

words! {
    /// What a rule waits for.
    Occasion {
        /// A run has failed for good, in whatever way; a cancelled one has not.
        Failure = "failure",
        /// A run has failed for good because its last attempt ran out of time.
        Timeout = "timeout",
        /// A run has succeeded after one of the same job had failed.
        Recovery = "recovery",
        /// An attempt goes on for longer than its job's `warnAfter`.
        WarnAfter = "warnAfter",
    }
}

words! {
    /// How a delivery stands.
    DeliveryStatus {
        /// It is tried, or will be.
        Pending = "pending",
        /// The other side has taken it.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
        /// A silence held, so that it was never sent.
        Silenced = "silenced",
    }
}

/// Which runs a rule or a silence is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Every run.
    All,
    /// Runs of jobs that bear this label.
    Label(String),
    /// Runs of this job.
    Job(JobId),
    /// Runs of this handler, calls among them.
    Handler(String),
}

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique.
    pub name: String,
    /// Which runs.
    pub scope: Scope,
    /// What of them.
    pub on: Vec<Occasion>,
    /// The channel that is told.
    pub channel: String,
}

/// A time in which nobody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Its number.
    pub id: i64,
    /// Of which runs.
    pub scope: Scope,
    /// When it ends.
    pub until: Timestamp,
}
