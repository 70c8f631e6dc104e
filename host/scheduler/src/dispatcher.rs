//! The dispatcher claims what is due as far as there are places, and lets each attempt run on the guests' own runtime.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::broadcast::{Receiver, error::RecvError},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtab_domain::{fairness::Turns, ids::BootId, run::Claim, time::Timestamp};
use wasmtab_store::{ClaimRequest, Hint, Store, StoreError};

use crate::{
    clock::Timer,
    controls::Controls,
    executor::Executor,
    journal::{Entries, Entry},
    meters::SchedulerMeters,
    permits::Permits,
    watch::Watch,
};

/// Runs that one claim takes at most: about 50 ms of work, so that a death leaves little to repeat.
const BATCH: u32 = 500;
/// Hints wake the dispatcher; this often it looks without one.
const PERIOD: Duration = Duration::from_secs(5);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_secs(1);

pub(crate) struct Dispatcher {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub executor: Arc<dyn Executor>,
    pub controls: Arc<Controls>,
    pub permits: Permits,
    pub journal: Entries,
    pub meters: SchedulerMeters,
    pub guests: Handle,
    pub attempts: TaskTracker,
    pub boot_id: BootId,
    pub node: String,
    pub stop: CancellationToken,
    pub turns: Turns,
    /// Whether a claim failed, which may have been committed all the same.
    pub unsure: bool,
}

impl Dispatcher {
    /// Claims until it is told to stop. Attempts that were claimed go on after that.
    pub(crate) async fn run(mut self) {
        let mut hints = self.store.hints().listen();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                place = self.permits.start() => if place.is_none() { return },
                // Without a place nothing is claimed; what runs out of time elsewhere does so all the same.
                () = self.timer.sleep_until(self.timer.now().plus(PERIOD)) => {}
            }
            // What was announced up to here is seen by the look that follows.
            while hints.try_recv().is_ok() {}
            let wake_at = self.step().await;
            if wake_at > self.timer.now() {
                self.rest(&mut hints, wake_at).await;
            }
        }
    }

    /// Claims what is due now and lets it begin, and tells when to look again. Without a free place it claims nothing.
    pub(crate) async fn step(&mut self) -> Timestamp {
        let now = self.timer.now();
        match self.claim(now).await {
            Ok(next) => next.unwrap_or(now.plus(PERIOD)).min(now.plus(PERIOD)),
            Err(error) => {
                tracing::error!(%error, "claiming failed, it is tried again: {error}");
                now.plus(BACKOFF)
            }
        }
    }

    async fn claim(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if self.unsure {
            // Nobody else claims for this process, and what it owns stays known until its outcome is written.
            let known = self.controls.attempts();
            let given = self.store.give_back(self.boot_id, &known, now).await?;
            if given > 0 {
                tracing::warn!(
                    "{given} claims were committed although they had failed; their runs are repeated"
                );
            }
            self.unsure = false;
        }
        let limit = self.permits.free().min(BATCH);
        let request = ClaimRequest {
            boot_id: self.boot_id,
            node: self.node.clone(),
            now,
            limit,
            by_age: self.turns.by_age(limit),
        };
        self.unsure = true;
        let claimed = self.store.claim_due(&request).await?;
        self.unsure = false;
        self.turns.count(claimed.claims.len() as u32);
        for claim in claimed.claims {
            self.spawn(claim).await;
        }
        Ok(claimed.next_due_at)
    }

    async fn rest(&self, hints: &mut Receiver<Hint>, until: Timestamp) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.timer.sleep_until(until) => {}
            () = queue_changed(hints) => {}
        }
    }

    async fn spawn(&self, claim: Claim) {
        // No more was claimed than there were places, and nobody else takes any: this does not wait.
        let Some(place) = (match self.permits.try_start() {
            Some(place) => Some(place),
            None => self.permits.start().await,
        }) else {
            return;
        };
        let (executor, timer, journal) = (
            Arc::clone(&self.executor),
            Arc::clone(&self.timer),
            self.journal.clone(),
        );
        let permits = self.permits.clone();
        let (run, attempt, due_at) = (claim.run_id, claim.attempt_id, claim.due_at);
        let control = self.controls.insert(attempt);
        let meters = self.meters.clone();
        meters.claimed();
        let work = async move {
            let watch = claim
                .policy
                .warn_after
                .map(|length| Watch::new(length.to_duration()));
            let (begun, starts, begins) = (journal.clone(), meters.clone(), watch.clone());
            let on_begin = Box::new(move || {
                let now = timer.now();
                starts.began(now.since(due_at));
                // A full journal only means that the begin is written with the outcome.
                let _ = begun.try_send(Entry::Begun(attempt, now));
                if let Some(watch) = &begins {
                    watch.begin();
                }
            });
            let carried_out = executor.execute(claim, &control, on_begin);
            let outcome = match watch {
                None => permits.hold(place, carried_out).await,
                Some(watch) => {
                    let late = async { journal.send(Entry::Late(run, attempt)).await };
                    permits.hold(place, watch.over(carried_out, late)).await
                }
            };
            meters.ended();
            // The journal outlives every attempt, and forgets the control once the outcome is written.
            let _ = journal.send(Entry::Ended(Box::new(outcome))).await;
        };
        self.attempts.spawn_on(work, &self.guests);
    }
}

/// Returns at the next hint that concerns the dispatcher.
async fn queue_changed(hints: &mut Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Queue) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // The store is gone; the stop token ends the loop.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
