//! Carrying claims out, each on a place of the guests' own runtime. A place takes the next claim that waits by itself.

use std::{pin::pin, sync::Arc, time::Instant};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use wasmtab_domain::run::Claim;

use crate::{
    backlog::{Backlog, Ready},
    clock::Timer,
    controls::{Controls, Owned},
    executor::Executor,
    journal::Entries,
    meters::SchedulerMeters,
    permits::{Permits, Place},
    watch::Watch,
};

pub(crate) struct Crew<E> {
    pub executor: Arc<E>,
    pub timer: Arc<dyn Timer>,
    pub controls: Arc<Controls>,
    pub permits: Permits,
    pub backlog: Arc<Backlog>,
    pub journal: Entries,
    pub meters: SchedulerMeters,
    pub guests: Handle,
    pub attempts: TaskTracker,
}

impl<E: Executor> Crew<E> {
    /// Owns a claim from now on.
    pub(crate) fn own(&self, claim: Claim) -> Ready {
        self.meters.claimed();
        let owned = self.controls.insert(claim.attempt_id);
        (claim, owned)
    }

    /// Lets waiting claims begin, as far as there are places.
    pub(crate) fn start_waiting(self: &Arc<Self>) {
        while self.backlog.len() > 0
            && let Some(place) = self.permits.try_start()
        {
            self.start(place);
        }
    }

    /// Lets the next waiting claim begin on this place, and those after it.
    pub(crate) fn start(self: &Arc<Self>, place: Place) {
        if let Some(ready) = self.backlog.pop(&self.permits) {
            self.start_with(ready, place);
        }
    }

    /// Lets a claim begin on this place, and after it those that wait.
    fn start_with(self: &Arc<Self>, mut ready: Ready, mut place: Place) {
        let crew = Arc::clone(self);
        let work = async move {
            loop {
                let begun = Instant::now();
                place = crew.carry_out(ready, place).await;
                crew.backlog.took(begun.elapsed());
                // Others on this thread come first, now and then: a guest that was stopped in the middle of its work, say.
                tokio::task::yield_now().await;
                match crew.backlog.pop(&crew.permits) {
                    Some(next) => ready = next,
                    None => break,
                }
            }
            drop(place);
            crew.backlog.tell();
        };
        self.attempts.spawn_on(work, &self.guests);
    }

    async fn carry_out(&self, (claim, owned): (Claim, Arc<Owned>), place: Place) -> Place {
        let (run, attempt, due_at) = (claim.run_id, claim.attempt_id, claim.due_at);
        let watch = claim
            .policy
            .warn_after
            .map(|length| Watch::new(length.to_duration()));
        let (begun, timer) = (Arc::clone(&owned), Arc::clone(&self.timer));
        let (starts, begins) = (self.meters.clone(), watch.clone());
        let on_begin = move || {
            let now = timer.now();
            starts.began(now.since(due_at));
            begun.begin(now);
            if let Some(watch) = &begins {
                watch.begin();
            }
        };
        // Large, and where it is from now on: passed on by value it would be copied each time.
        let carried_out = pin!(self.executor.execute(claim, &owned.control, on_begin));
        let (outcome, place) = match watch {
            None => self.permits.hold(place, carried_out).await,
            Some(watch) => {
                let late = self.journal.late(run, attempt);
                self.permits.hold(place, watch.over(carried_out, late)).await
            }
        };
        self.meters.ended();
        owned.end();
        self.journal.ended(outcome).await;
        place
    }
}
