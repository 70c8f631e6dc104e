//! The dispatcher claims what is due as far as there are places, and a little ahead, and lets it begin.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use wasmtab_domain::{fairness::Turns, ids::BootId, time::Timestamp};
use wasmtab_store::{ClaimRequest, Claimed, Hint, Store, StoreError};

use crate::{
    backlog::Ready, clock::Timer, controls::Controls, crew::Crew, desk::FrontDesk, executor::Executor,
};

/// Runs that one claim takes at most.
const BATCH: u32 = 2_000;
/// Hints wake the dispatcher; this often it looks without one.
const PERIOD: Duration = Duration::from_secs(5);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_secs(1);
/// Claims that found no place for that long go back to the queue, where they have their priority and others may take them.
const STUCK: Duration = Duration::from_secs(1);

pub(crate) struct Dispatcher<E> {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub controls: Arc<Controls>,
    pub crew: Arc<Crew<E>>,
    pub desk: Arc<FrontDesk<E>>,
    pub boot_id: BootId,
    pub node: String,
    pub stop: CancellationToken,
    pub turns: Turns,
    /// Whether a claim failed, which may have been committed all the same.
    pub unsure: bool,
}

type Claiming = Pin<Box<dyn Future<Output = Result<Claimed, StoreError>> + Send>>;

impl<E: Executor> Dispatcher<E> {
    /// Claims until it is told to stop. Attempts that have begun go on after that; claims that have not go back.
    pub(crate) async fn run(mut self) {
        let mut hints = self.store.hints().listen_for_duties();
        // Held from the stop on, so that nothing is claimed elsewhere either.
        let mut closed = None;
        let mut claiming: Option<Claiming> = None;
        // When a run is due that is not claimed yet, and when the queue is looked at in any case.
        let mut due = self.timer.now();
        let mut look_at = due;
        let mut stuck = tokio::time::interval(STUCK);
        stuck.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut started = 0;
        let mut stopping = false;
        loop {
            if stopping {
                if closed.is_none() {
                    closed = self.desk.close().await;
                }
                self.hand_back(self.crew.backlog.take()).await;
                if claiming.is_none() {
                    return;
                }
            }
            self.crew.start_waiting();
            let now = self.timer.now();
            if claiming.is_none() && !stopping {
                let wanted = self.crew.backlog.wanted(&self.crew.permits, due <= now);
                // Without a place too, now and then: what runs out of time elsewhere does so all the same.
                if due <= now && wanted > 0 || look_at <= now {
                    // What was announced up to here is seen by the look that follows.
                    while hints.try_recv().is_ok() {}
                    let request = self.request(wanted);
                    claiming = Some(Box::pin(self.ask(request)));
                    look_at = now.plus(PERIOD);
                }
            }
            let waiting = claiming.is_none();
            let wake_at = if due > now { due.min(look_at) } else { look_at };
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if !stopping => stopping = true,
                claimed = answer(&mut claiming) => {
                    claiming = None;
                    due = self.take(claimed);
                }
                _ = stuck.tick() => {
                    let now_started = self.crew.backlog.started();
                    let none_began = now_started == std::mem::replace(&mut started, now_started);
                    let backlog = &self.crew.backlog;
                    let back = if none_began && backlog.len() > 0 {
                        backlog.take()
                    } else {
                        backlog.surplus(&self.crew.permits)
                    };
                    self.hand_back(back).await;
                }
                () = self.crew.backlog.short() => {}
                () = self.timer.sleep_until(wake_at), if waiting => {}
                () = queue_changed(&mut hints), if waiting => due = self.timer.now(),
            }
        }
    }

    /// Claims what is due now and lets it begin, and tells when to look again. Without a free place it claims nothing.
    pub(crate) async fn step(&mut self) -> Timestamp {
        let request = self.request(self.crew.permits.free());
        let claimed = self.ask(request).await;
        let look_at = self.take(claimed);
        self.crew.start_waiting();
        look_at
    }

    fn request(&self, wanted: u32) -> ClaimRequest {
        let limit = wanted.min(BATCH);
        ClaimRequest {
            boot_id: self.boot_id,
            node: self.node.clone(),
            now: self.timer.now(),
            limit,
            by_age: self.turns.by_age(limit),
        }
    }

    /// Claims; before that, what was claimed without an answer is given back.
    fn ask(
        &mut self,
        request: ClaimRequest,
    ) -> impl Future<Output = Result<Claimed, StoreError>> + Send + use<E> {
        let unsure = self.desk.was_unsure() || self.unsure;
        self.unsure = true;
        let (store, desk, controls) = (
            Arc::clone(&self.store),
            Arc::clone(&self.desk),
            Arc::clone(&self.controls),
        );
        async move {
            if unsure {
                // Nobody else claims for this process meanwhile, and what it owns stays known until its outcome is written.
                let _closed = desk.close().await;
                let known = controls.attempts();
                let given = store.give_back(request.boot_id, &known, request.now).await?;
                if given > 0 {
                    tracing::warn!(
                        "{given} claims were committed although they had failed; their runs are repeated"
                    );
                }
            }
            store.claim_due(&request).await
        }
    }

    fn take(&mut self, claimed: Result<Claimed, StoreError>) -> Timestamp {
        let now = self.timer.now();
        match claimed {
            Ok(claimed) => {
                self.unsure = false;
                self.turns.count(claimed.claims.len() as u32);
                let crew = &self.crew;
                crew.backlog
                    .push(claimed.claims.into_iter().map(|claim| crew.own(claim)));
                let next = claimed.next_due_at.unwrap_or(now.plus(PERIOD));
                next.min(now.plus(PERIOD))
            }
            Err(error) => {
                tracing::error!(%error, "claiming failed, it is tried again: {error}");
                now.plus(BACKOFF)
            }
        }
    }

    /// Gives claims that have not begun back to the queue.
    async fn hand_back(&mut self, claims: Vec<Ready>) {
        if claims.is_empty() {
            return;
        }
        let attempts: Vec<_> = claims.iter().map(|(claim, _)| claim.attempt_id).collect();
        self.controls.remove(attempts.iter().copied());
        for _ in &claims {
            self.crew.meters.ended();
        }
        if let Err(error) = self
            .store
            .hand_back(self.boot_id, &attempts, self.timer.now())
            .await
        {
            // They are known to nobody now: the next claim, or the next start, finds them.
            self.unsure = true;
            tracing::warn!(%error, "{} claims were not handed back yet: {error}", claims.len());
        }
    }
}

/// The answer to the claim that is under way.
async fn answer(claiming: &mut Option<Claiming>) -> Result<Claimed, StoreError> {
    match claiming {
        Some(claiming) => claiming.await,
        None => std::future::pending().await,
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
