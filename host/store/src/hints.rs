//! Wake-ups. They carry no truth: whoever hears one looks into the database, and looks there from time to time anyway.

use tokio::sync::broadcast;
use wasmtab_domain::ids::{AttemptId, RunId};

/// Something may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A job's next fire may have moved.
    Jobs,
    /// A run may have become claimable.
    Queue,
    /// Somebody asked for the end of this attempt.
    Cancel(AttemptId),
    /// This run has ended.
    RunEnded(RunId),
    /// An attempt of this run has begun or ended.
    RunChanged(RunId),
    /// Handlers, plugins or grants have changed.
    Handlers,
    /// A message may wait to be delivered, or one was tried.
    Alerts,
}

/// The channel on which hints go out to everybody in this process.
#[derive(Clone, Debug)]
pub struct Hints(broadcast::Sender<Hint>);

impl Hints {
    /// A listener that lags by more hints than this is told so and must look for itself.
    const BACKLOG: usize = 8_192;

    /// A channel nobody listens on yet.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(Self::BACKLOG))
    }

    /// Tells everybody who listens.
    pub fn send(&self, hint: Hint) {
        // Nobody listening is no failure.
        let _ = self.0.send(hint);
    }

    /// Begins to listen. Do so *before* looking at the database, or a change in between goes unheard.
    pub fn listen(&self) -> broadcast::Receiver<Hint> {
        self.0.subscribe()
    }
}

impl Default for Hints {
    fn default() -> Self {
        Self::new()
    }
}
