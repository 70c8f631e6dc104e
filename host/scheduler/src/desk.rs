//! Places for runs that are claimed in the commit that makes them, beside the dispatcher's claims.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtab_domain::{ids::BootId, run::Claim};
use wasmtab_store::{Attendant, Seats};

use crate::{backlog::Lead, crew::Crew, executor::Executor, permits::Place};

/// Commits at once that seats are kept for.
const SEATS: u32 = 64;

/// Claims that are taken over together.
const HANDFUL: usize = 64;

/// So many claims come at once only where that many jobs share an instant.
const MANY: usize = 1_000;

/// Hands out places of the crew.
pub(crate) struct FrontDesk<E> {
    crew: Weak<Crew<E>>,
    boot_id: BootId,
    node: String,
    seats: Arc<Semaphore>,
    /// Whether a claim's answer was lost.
    unsure: Arc<AtomicBool>,
}

impl<E> FrontDesk<E> {
    pub(crate) fn new(crew: &Arc<Crew<E>>, boot_id: BootId, node: String) -> Self {
        Self {
            crew: Arc::downgrade(crew),
            boot_id,
            node,
            seats: Arc::new(Semaphore::new(SEATS as usize)),
            unsure: Arc::default(),
        }
    }

    /// Waits until every seat that is kept is taken or left; no more are kept while the answer is held.
    pub(crate) async fn close(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.seats).acquire_many_owned(SEATS).await.ok()
    }

    /// Whether a claim's answer was lost since this was asked last.
    pub(crate) fn was_unsure(&self) -> bool {
        self.unsure.swap(false, Ordering::AcqRel)
    }
}

impl<E: Executor> Attendant for FrontDesk<E> {
    fn seats(&self, most: u32) -> Option<Box<dyn Seats>> {
        let crew = self.crew.upgrade()?;
        // Whatever waits comes first: nothing more is claimed while enough of it does.
        let lead = if most as usize >= MANY {
            Lead::Crowd
        } else {
            Lead::Steady
        };
        let count = crew.backlog.room(&crew.permits, lead).min(most);
        if count == 0 {
            return None;
        }
        let seat = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        let place = crew.permits.try_start();
        Some(Box::new(Kept {
            crew,
            place,
            count,
            boot_id: self.boot_id,
            node: self.node.clone(),
            unsure: Arc::clone(&self.unsure),
            _seat: seat,
        }))
    }
}

struct Kept<E> {
    crew: Arc<Crew<E>>,
    /// For one of the claims, if one was free; the others take what there is then. None once it is taken.
    place: Option<Place>,
    count: u32,
    boot_id: BootId,
    node: String,
    unsure: Arc<AtomicBool>,
    _seat: OwnedSemaphorePermit,
}

impl<E: Executor> Seats for Kept<E> {
    fn owner(&self) -> (BootId, &str) {
        (self.boot_id, &self.node)
    }

    fn count(&self) -> u32 {
        self.count
    }

    fn take(mut self: Box<Self>, claims: Vec<Claim>) {
        if claims.is_empty() {
            return;
        }
        let crew = &self.crew;
        let many = claims.len() >= MANY;
        let mut claims = claims.into_iter().peekable();
        // The first begin while the others are still taken over.
        while claims.peek().is_some() {
            let few = claims.by_ref().take(HANDFUL);
            crew.backlog.push(few.map(|claim| crew.own(claim)));
            if let Some(place) = self.place.take() {
                crew.start(place);
            }
            if many {
                crew.backlog.surge();
            }
            crew.start_waiting();
        }
    }

    fn unsure(self: Box<Self>) {
        self.unsure.store(true, Ordering::Release);
    }
}

impl<E> Drop for Kept<E> {
    fn drop(&mut self) {
        if self.place.take().is_some() {
            self.crew.backlog.tell();
        }
    }
}
