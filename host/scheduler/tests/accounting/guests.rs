//! Handlers that do nothing until the simulation says how they end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::oneshot;
use wasmtab_domain::{
    ids::{AttemptId, BootId},
    run::{Binding, Claim, Outcome},
    status::AttemptStatus,
    time::{Clock, Timestamp},
};
use wasmtab_runtime::{CancelCause, Control};
use wasmtab_scheduler::Executor;

use crate::{
    chronicle::{Chronicle, Event, Made},
    clock::SimClock,
};

/// How a guest ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub status: AttemptStatus,
    pub permanent: bool,
    /// How long after its begin its work may go on elsewhere, where it does.
    pub pending: Option<Duration>,
}

impl Ending {
    pub(crate) const SUCCESS: Self = Self::of(AttemptStatus::Success);

    pub(crate) const fn of(status: AttemptStatus) -> Self {
        Self {
            status,
            permanent: false,
            pending: None,
        }
    }

    /// Its work goes on elsewhere.
    pub(crate) const fn pending(long: Duration) -> Self {
        Self {
            pending: Some(long),
            ..Self::of(AttemptStatus::Running)
        }
    }
}

#[derive(Debug)]
struct Going {
    claim: Claim,
    begin: Timestamp,
    order: oneshot::Sender<Ending>,
}

/// Every guest of a simulated world that goes on.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    going: Mutex<BTreeMap<AttemptId, Going>>,
    prepared: Mutex<BTreeSet<String>>,
}

impl Guests {
    /// The handlers that were made ready before their attempts.
    pub(crate) fn prepared(&self) -> BTreeSet<String> {
        self.prepared.lock().unwrap().clone()
    }

    /// The attempts that go on, oldest first.
    pub(crate) fn going(&self) -> Vec<AttemptId> {
        self.going.lock().unwrap().keys().copied().collect()
    }

    /// Lets one end.
    pub(crate) fn end(&self, attempt: AttemptId, ending: Ending) {
        if let Some(going) = self.going.lock().unwrap().remove(&attempt) {
            let _ = going.order.send(ending);
        }
    }

    /// Their process has died. What they would have reported comes back, for it may be heard of yet.
    pub(crate) fn die(&self) -> Vec<Outcome> {
        let going = std::mem::take(&mut *self.going.lock().unwrap());
        going
            .into_values()
            .map(|going| outcome(&going.claim, Ending::SUCCESS, going.begin, going.begin))
            .collect()
    }
}

/// The guests of one process.
#[derive(Debug)]
pub(crate) struct Playground {
    pub guests: Arc<Guests>,
    pub clock: Arc<SimClock>,
    pub chronicle: Arc<Chronicle>,
    pub owner: BootId,
}

impl Executor for Playground {
    async fn execute(
        &self,
        claim: Claim,
        control: &Control,
        on_begin: impl Fn() + Send + Sync + 'static,
    ) -> Outcome {
        let (begin, attempt) = (self.clock.now(), claim.attempt_id);
        let (order, ordered) = oneshot::channel();
        let event = Event::Began {
            owner: self.owner,
            attempt,
        };
        self.chronicle.note(begin, event, Made::default());
        let going = Going {
            claim: claim.clone(),
            begin,
            order,
        };
        self.guests.going.lock().unwrap().insert(attempt, going);
        on_begin();
        let ending = tokio::select! {
            biased;
            ending = ordered => match ending {
                Ok(ending) => ending,
                // The process is dead, and nothing of it is heard any more.
                Err(_) => std::future::pending().await,
            },
            cause = control.cancelled() => {
                self.guests.going.lock().unwrap().remove(&attempt);
                Ending::of(match cause {
                    CancelCause::Operator => AttemptStatus::Cancelled,
                    CancelCause::Shutdown => AttemptStatus::Abandoned,
                })
            }
        };
        outcome(&claim, ending, begin, self.clock.now())
    }

    async fn prepare(&self, handler_name: &str, _binding: &Binding) {
        self.guests.prepared.lock().unwrap().insert(handler_name.into());
    }
}

fn outcome(claim: &Claim, ending: Ending, begin: Timestamp, end: Timestamp) -> Outcome {
    let Ending {
        status,
        permanent,
        pending,
    } = ending;
    let succeeded = status == AttemptStatus::Success;
    Outcome {
        permanent,
        pending_until: pending.map(|long| begin.plus(long)),
        begin_time: Some(begin),
        duration: Some(0),
        result: succeeded.then(|| "done".into()),
        error: (!succeeded).then(|| status.to_string()),
        ..Outcome::bare(claim.attempt_id, claim.run_id, status, end)
    }
}
