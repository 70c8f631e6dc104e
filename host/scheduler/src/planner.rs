//! The planner releases fires on their instant: it decides what is due, and sleeps until the next fire. Where many fires share
//! an instant their release is prepared before it comes.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::broadcast::{Receiver, error::RecvError},
};
use tokio_util::sync::CancellationToken;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{Hint, Store, StoreError};

use crate::{
    GATHER,
    clock::Timer,
    crowd::{Crowds, SIGHT},
    executor::Executor,
};

/// Jobs whose fires one transaction decides.
const BATCH: u32 = 500;
/// Hints wake the planner; this often it looks without one.
const PERIOD: Duration = Duration::from_secs(5);
/// How long before a fire the store is told of it.
const LEAD: Duration = SIGHT;
/// Handlers that are made ready at most before their fires: not more than stay loaded beside those in use.
const PREPARED: usize = 64;
/// A wall clock that is further back than this was set back; less is a clock being disciplined.
const SET_BACK: Duration = Duration::from_secs(2);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_secs(1);

pub(crate) struct Planner<E> {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub executor: Arc<E>,
    /// Where guests run.
    pub guests: Handle,
    pub stop: CancellationToken,
    /// The latest instant that next fires may have been computed from, by this process or one before it.
    pub last_seen: Option<Timestamp>,
    /// Fires that share an instant.
    pub crowds: Crowds,
    /// Up to when the store was told what fires.
    pub foreseen: Option<Timestamp>,
}

impl<E: Executor> Planner<E> {
    /// Plans until it is told to stop.
    pub(crate) async fn run(mut self) {
        let mut hints = self.store.hints().listen_for_duties();
        loop {
            // What was announced up to here is seen by the look that follows.
            while hints.try_recv().is_ok() {}
            let begun = self.timer.now();
            let look_at = self.step().await;
            let (wake_at, ahead) = if look_at < begun.plus(PERIOD) {
                let wake_at = self.foresee(look_at).max(begun.plus(GATHER));
                (wake_at, self.crowds.expect(look_at).await)
            } else {
                (look_at, None)
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.timer.sleep_until(ahead.unwrap_or(wake_at)) => {
                    if ahead.is_some_and(|ahead| ahead <= self.timer.now()) {
                        self.crowds.release(look_at, &self.stop).await;
                    }
                }
                () = jobs_changed(&mut hints) => {}
            }
        }
    }

    /// Decides what is due now, and tells when to look again.
    pub(crate) async fn step(&mut self) -> Timestamp {
        let now = self.timer.now();
        match self.plan(now).await {
            Ok(next) => next.unwrap_or(now.plus(PERIOD)).min(now.plus(PERIOD)),
            Err(error) => {
                tracing::error!(%error, "planning failed, it is tried again: {error}");
                now.plus(BACKOFF)
            }
        }
    }

    /// Tells the store what fires soon, and when to look again.
    fn foresee(&mut self, fires_at: Timestamp) -> Timestamp {
        let now = self.timer.now();
        let soon = now.plus(LEAD);
        if fires_at > soon {
            return fires_at.minus(LEAD);
        }
        // What fires within the lead was told before: a little more is told each time, and read beside what fires meanwhile.
        if self.foreseen < Some(soon) {
            let (told, until) = (self.foreseen.max(Some(now)).unwrap_or(now), soon.plus(LEAD));
            let (store, executor) = (Arc::clone(&self.store), Arc::clone(&self.executor));
            let guests = self.guests.clone();
            tokio::spawn(async move {
                match store.foresee(told, until).await {
                    Ok(handlers) => {
                        guests.spawn(async move {
                            for (name, binding) in handlers.iter().take(PREPARED) {
                                executor.prepare(name, binding).await;
                            }
                        });
                    }
                    Err(error) => {
                        tracing::debug!(%error, "what fires soon could not be read ahead: {error}");
                    }
                }
            });
            self.foreseen = Some(until);
        }
        fires_at
    }

    async fn plan(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if let Some(last) = self.last_seen.filter(|last| last.since(now) > SET_BACK) {
            tracing::warn!("the wall clock went back from {last} to {now}; the next fires are computed anew");
            self.store.replan(now).await?;
            // Only now is the earlier clock forgotten: a database that did not answer is asked again.
            self.last_seen = Some(now);
            self.foreseen = None;
        }
        self.last_seen = self.last_seen.max(Some(now));
        loop {
            let released = self.store.release_due(now, BATCH).await?;
            if !released.more || self.stop.is_cancelled() {
                return Ok(released.next_plan_at);
            }
        }
    }
}

/// Returns at the next hint that concerns the planner.
async fn jobs_changed(hints: &mut Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Jobs) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // The store is gone; the stop token ends the loop.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
