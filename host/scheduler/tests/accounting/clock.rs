//! A wall clock that only the simulation moves, forwards and back.

use async_trait::async_trait;
use tokio::sync::watch;
use wasmtab_domain::time::{Clock, Timestamp};
use wasmtab_scheduler::Timer;

/// Moving it wakes those whose instant has come, and, where it is set back, everybody.
#[derive(Debug)]
pub(crate) struct SimClock(watch::Sender<Timestamp>);

impl SimClock {
    pub(crate) fn at(begin: Timestamp) -> Self {
        Self(watch::Sender::new(begin))
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }
}

#[async_trait]
impl Timer for SimClock {
    async fn sleep_until(&self, at: Timestamp) {
        let mut moved = self.0.subscribe();
        let begun = *moved.borrow();
        let _ = moved.wait_for(|now| *now >= at || *now < begun).await;
    }
}
