//! What an attempt is given.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::Notify;
use wasmtab_domain::{
    grant::{Grants, SecretValues},
    status::Trigger,
};

use crate::{live::LiveLog, logs::LogLine, state::StateStore};

/// One attempt, ready to run.
#[derive(Clone)]
pub struct Attempt {
    /// What the handler may know about itself.
    pub context: AttemptContext,
    /// The handler's parameter, 64 KiB at most.
    pub param: String,
    /// How much it may use.
    pub limits: Limits,
    /// What it may reach.
    pub grants: Arc<Grants>,
    /// The values of its secrets; those that are not granted by name stay unseen.
    pub secrets: Arc<SecretValues>,
    /// Its state, already bound to the job or the handler.
    pub state: Arc<dyn StateStore>,
    /// Hears of it while it runs.
    pub observer: Arc<dyn Observer>,
    /// Where it logs; an empty one of its own.
    pub log: LiveLog,
}

/// What the handler may know about the attempt that it is. The WIT record `context` in full.
#[derive(Clone, Debug)]
pub struct AttemptContext {
    /// None for a delayed call.
    pub job_id: Option<i64>,
    /// None for a delayed call.
    pub job_name: Option<String>,
    /// The name that the job calls.
    pub handler_name: String,
    /// Stable over the attempts of one run.
    pub run_id: String,
    /// From 1.
    pub execute_index: u32,
    /// Why the run exists.
    pub trigger: Trigger,
    /// The planned instant, RFC 3339 with the job's offset.
    pub scheduled_at: String,
    /// The instant at which the attempt is stopped, RFC 3339 in UTC.
    pub deadline: String,
    /// From 0.
    pub shard_index: u32,
    /// 1 unless the job is sharded.
    pub shard_count: u32,
    /// The run that started this one.
    pub upstream: Option<Upstream>,
    /// The one-run token for `outcome.pending`.
    pub completion_token: Option<String>,
}

/// The run that started this one, where a chain did.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its id.
    pub run_id: String,
    /// Its job's name.
    pub job_name: String,
    /// Its last attempt's status, as the API spells it.
    pub status: String,
    /// Its result; none when it failed.
    pub result: Option<String>,
}

/// How much one attempt may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall time from instantiation to return.
    pub timeout: Duration,
    /// Fuel; none for no bound. It is recorded either way.
    pub fuel: Option<u64>,
    /// Bytes of all linear memories together. The server's maximum holds over it.
    pub memory: u64,
}

/// Hears of an attempt while it runs. Every method is called from the guest's own thread and must return at once.
pub trait Observer: Send + Sync {
    /// The guest is about to begin.
    fn on_started(&self) {}

    /// A line was logged.
    fn on_log(&self, line: &LogLine) {
        let _ = line;
    }

    /// The guest told how far it has got; `total` is 0 where it is not known.
    fn on_progress(&self, done: u64, total: u64, message: &str) {
        let _ = (done, total, message);
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// Why an attempt was stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelCause {
    /// A person stopped it: `cancelled`.
    Operator,
    /// The process shuts down or lost its lease: `abandoned`.
    Shutdown,
}

/// The handle by which an attempt is stopped from outside. Clones are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<ControlInner>);

#[derive(Debug, Default)]
struct ControlInner {
    cause: OnceLock<CancelCause>,
    wake: Notify,
}

impl Control {
    /// A handle that nobody has used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the attempt wherever it is. The first cause counts.
    pub fn cancel(&self, cause: CancelCause) {
        if self.0.cause.set(cause).is_ok() {
            self.0.wake.notify_waiters();
        }
    }

    /// Whether and why it was stopped.
    pub fn cause(&self) -> Option<CancelCause> {
        self.0.cause.get().copied()
    }

    /// Waits until it is stopped.
    pub async fn cancelled(&self) -> CancelCause {
        loop {
            let woken = self.0.wake.notified();
            tokio::pin!(woken);
            // Registers interest before looking, or a cancel between the two would be missed.
            woken.as_mut().enable();
            if let Some(cause) = self.cause() {
                return cause;
            }
            woken.await;
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("context", &self.context)
            .field("limits", &self.limits)
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}
