//! What is known about an attempt when it has ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtab_domain::status::AttemptStatus;

use crate::logs::Logs;

/// How an attempt ended and what it used.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptReport {
    /// The outcome class. `running` only together with `pending`.
    pub status: AttemptStatus,
    /// What the handler returned.
    pub result: Option<String>,
    /// The work goes on elsewhere and ends by the completion token.
    pub pending: bool,
    /// Why it failed, for people. Begins with `host: ` where the host is at fault and not the guest.
    pub error: Option<String>,
    /// Another try would fail alike.
    pub permanent: bool,
    /// The host is at fault: the guest was not begun or not heard out, so the attempt says nothing about the handler.
    pub host_error: bool,
    /// The pool had no room: the run goes back to the queue without having been tried.
    pub no_room: bool,
    /// The guest's frames, innermost first, with function names.
    pub backtrace: Option<String>,
    /// Fuel that the guest used.
    pub fuel_used: u64,
    /// The most bytes that all its linear memories had together.
    pub peak_memory: u64,
    /// What it logged.
    pub logs: Logs,
    /// What it asked for and was not granted.
    pub refusals: Vec<Refusal>,
    /// From instantiation to return, by the monotonic clock.
    pub duration: Duration,
    /// A command's exit code.
    pub exit_code: Option<i32>,
}

impl AttemptReport {
    pub(crate) fn new(status: AttemptStatus) -> Self {
        Self {
            status,
            result: None,
            pending: false,
            error: None,
            permanent: false,
            host_error: false,
            no_room: false,
            backtrace: None,
            fuel_used: 0,
            peak_memory: 0,
            logs: Logs::default(),
            refusals: Vec::new(),
            duration: Duration::ZERO,
            exit_code: None,
        }
    }

    pub(crate) fn with_error(mut self, error: impl Into<String>) -> Self {
        let mut error = error.into();
        crate::text::truncate(&mut error, crate::limits::ERROR_BYTES);
        self.error = Some(error);
        self
    }

    /// A failure that is the host's own.
    pub(crate) fn host(error: impl std::fmt::Display) -> Self {
        let mut report = Self::new(AttemptStatus::Failure).with_error(format!("host: {error}"));
        report.host_error = true;
        report
    }
}

/// A thing that the guest asked for and that was not granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// What kind of thing: `http`, `network`, `filesystem`, `memory`, `secret`, `sockets`, `state`.
    pub capability: String,
    /// What was asked for.
    pub wanted: String,
    /// The grant that would have helped, as `--allow` takes it; none where no grant can.
    pub grant: Option<String>,
}
