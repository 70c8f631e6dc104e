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

/// The channels on which hints go out to everybody in this process.
#[derive(Clone, Debug)]
pub struct Hints {
    all: broadcast::Sender<Hint>,
    /// Without those of single runs, of which there may be many in a second.
    duties: broadcast::Sender<Hint>,
}

impl Hints {
    /// A listener that lags by more hints than this is told so and must look for itself.
    const BACKLOG: usize = 8_192;

    /// Channels nobody listens on yet.
    pub fn new() -> Self {
        Self {
            all: broadcast::Sender::new(Self::BACKLOG),
            duties: broadcast::Sender::new(Self::BACKLOG),
        }
    }

    /// Tells everybody who listens.
    pub fn send(&self, hint: Hint) {
        // Nobody listening is no failure.
        let _ = self.all.send(hint);
        if !matches!(hint, Hint::RunEnded(_) | Hint::RunChanged(_)) {
            let _ = self.duties.send(hint);
        }
    }

    /// Begins to listen. Do so *before* looking at the database, or a change in between goes unheard.
    pub fn listen(&self) -> broadcast::Receiver<Hint> {
        self.all.subscribe()
    }

    /// The same without the ends and changes of single runs: nobody is woken by each of them.
    pub fn listen_for_duties(&self) -> broadcast::Receiver<Hint> {
        self.duties.subscribe()
    }
}

impl Default for Hints {
    fn default() -> Self {
        Self::new()
    }
}
