//! What happens, as it happens: wake-ups for pages and programs that then look for themselves.

use tokio::sync::broadcast::{Receiver, error::RecvError};
use wasmtab_domain::ids::RunId;
use wasmtab_store::{Hint, Principal, Role};

use crate::{
    error::ServiceResult,
    service::{Service, authorize},
};

/// Something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Anything may have changed since the listener last heard: it must look at all that it shows.
    Resync,
    /// This run has ended.
    RunEnded(RunId),
    /// An attempt of this run has begun or ended.
    RunChanged(RunId),
    /// Jobs have changed, or their next fires have moved.
    Jobs,
    /// Handlers, plugins or grants have changed.
    Handlers,
}

/// A listener.
#[derive(Debug)]
pub struct Events {
    hints: Receiver<Hint>,
    begun: bool,
}

impl Service {
    /// Begins to listen.
    pub fn events(&self, by: &Principal) -> ServiceResult<Events> {
        authorize(by, Role::Viewer)?;
        Ok(Events {
            hints: self.store.hints().listen(),
            begun: false,
        })
    }
}

impl Events {
    /// The next event; none when the server ends. The first is always [`Event::Resync`]: what a listener then reads is not older
    /// than what it will hear.
    pub async fn next(&mut self) -> Option<Event> {
        if !self.begun {
            self.begun = true;
            return Some(Event::Resync);
        }
        loop {
            match self.hints.recv().await {
                Ok(Hint::RunEnded(run)) => return Some(Event::RunEnded(run)),
                Ok(Hint::RunChanged(run)) => return Some(Event::RunChanged(run)),
                Ok(Hint::Jobs) => return Some(Event::Jobs),
                Ok(Hint::Handlers) => return Some(Event::Handlers),
                Ok(Hint::Queue | Hint::Cancel(_) | Hint::Alerts) => {}
                Err(RecvError::Lagged(_)) => return Some(Event::Resync),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
