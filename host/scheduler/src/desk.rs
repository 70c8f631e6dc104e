//! Places for runs that are claimed in the commit that makes them, beside the dispatcher's claims.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtab_domain::{ids::BootId, run::Claim};
use wasmtab_store::{Attendant, Seat};

use crate::{crew::Crew, permits::Place};

/// Places that are kept at once, each for as long as a commit takes.
const SEATS: u32 = 64;

/// Hands out places of the crew.
pub(crate) struct FrontDesk {
    crew: Weak<Crew>,
    boot_id: BootId,
    node: String,
    seats: Arc<Semaphore>,
    /// Whether a claim's answer was lost.
    unsure: Arc<AtomicBool>,
}

impl FrontDesk {
    pub(crate) fn new(crew: &Arc<Crew>, boot_id: BootId, node: String) -> Self {
        Self {
            crew: Arc::downgrade(crew),
            boot_id,
            node,
            seats: Arc::new(Semaphore::new(SEATS as usize)),
            unsure: Arc::default(),
        }
    }

    /// Waits until every place that is kept is taken or left; no more are kept while the answer is held.
    pub(crate) async fn close(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.seats).acquire_many_owned(SEATS).await.ok()
    }

    /// Whether a claim's answer was lost since this was asked last.
    pub(crate) fn was_unsure(&self) -> bool {
        self.unsure.swap(false, Ordering::AcqRel)
    }
}

impl Attendant for FrontDesk {
    fn seat(&self) -> Option<Box<dyn Seat>> {
        let crew = self.crew.upgrade()?;
        // Whatever waits comes first.
        if crew.backlog.len() > 0 {
            return None;
        }
        let seat = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        let place = crew.permits.try_start()?;
        Some(Box::new(Kept {
            crew,
            place: Some(place),
            boot_id: self.boot_id,
            node: self.node.clone(),
            unsure: Arc::clone(&self.unsure),
            _seat: seat,
        }))
    }
}

struct Kept {
    crew: Arc<Crew>,
    /// None once it is taken.
    place: Option<Place>,
    boot_id: BootId,
    node: String,
    unsure: Arc<AtomicBool>,
    _seat: OwnedSemaphorePermit,
}

impl Seat for Kept {
    fn owner(&self) -> (BootId, &str) {
        (self.boot_id, &self.node)
    }

    fn take(mut self: Box<Self>, claim: Claim) {
        let ready = self.crew.own(claim);
        if let Some(place) = self.place.take() {
            self.crew.start_with(ready, place);
        }
    }

    fn unsure(self: Box<Self>) {
        self.unsure.store(true, Ordering::Release);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.place.take().is_some() {
            self.crew.backlog.tell();
        }
    }
}
