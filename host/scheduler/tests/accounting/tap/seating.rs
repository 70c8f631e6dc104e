//! Seats that the process under test keeps for claims, seen through the tap: they are taken once the fate of the commit is known.

use std::sync::{Arc, Mutex, Weak};

use wasmtab_domain::{ids::BootId, run::Claim};
use wasmtab_store::{Attendant, Desk, Seats};

use crate::{
    chronicle::{Event, Made},
    faults::Faults,
};

/// Between the store's desk and the process's.
#[derive(Debug)]
pub(super) struct Seating {
    /// The process attends this one.
    pub desk: Desk,
    faults: Arc<Faults>,
    /// Seats of the write that is under way, with the claims that were committed for them.
    taken: Mutex<Vec<Taken>>,
    this: Weak<Seating>,
}

struct Taken {
    seats: Box<dyn Seats>,
    limit: u32,
    claims: Vec<Claim>,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Seating {
    pub(super) fn new(faults: Arc<Faults>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            desk: Desk::default(),
            faults,
            taken: Mutex::default(),
            this: Weak::clone(this),
        })
    }

    /// What was claimed in the commit of the write that is under way.
    pub(super) fn events(&self) -> Vec<Event> {
        let taken = self.taken.lock().unwrap();
        let seated = taken.iter().map(|taken| Event::Seated {
            owner: taken.seats.owner().0,
            limit: taken.limit,
            claims: taken.claims.clone(),
        });
        seated.collect()
    }

    /// When a run was due that was claimed as it was made is told by its claim alone.
    pub(super) fn complete(&self, made: &mut Made) {
        let taken = self.taken.lock().unwrap();
        let claims = || taken.iter().flat_map(|taken| &taken.claims);
        for run in made.runs.iter_mut().filter(|run| run.due_at.is_none()) {
            run.due_at = claims()
                .find(|claim| claim.run_id == run.id)
                .map(|claim| claim.due_at);
        }
    }

    /// The write is over. Whoever heard of its commit begins its claims, whoever heard of a failure does not know, and
    /// the dead do nothing.
    pub(super) fn settle(&self, is_answered: bool, is_dead: bool) {
        for Taken { seats, claims, .. } in std::mem::take(&mut *self.taken.lock().unwrap()) {
            match (is_dead, is_answered) {
                (true, _) => drop(seats),
                (false, true) => seats.take(claims),
                (false, false) => seats.unsure(),
            }
        }
    }
}

impl Attendant for Seating {
    fn seats(&self, most: u32) -> Option<Box<dyn Seats>> {
        let seats = self.desk.seats(most)?;
        let (places, _) = self.faults.places((seats.count(), 0));
        Some(Box::new(Offered {
            count: places.min(seats.count()),
            seats,
            seating: self.this.upgrade()?,
        }))
    }
}

/// As many of the process's seats as there are places.
struct Offered {
    seats: Box<dyn Seats>,
    count: u32,
    seating: Arc<Seating>,
}

impl Seats for Offered {
    fn owner(&self) -> (BootId, &str) {
        self.seats.owner()
    }

    fn count(&self) -> u32 {
        self.count
    }

    fn take(self: Box<Self>, claims: Vec<Claim>) {
        let Self {
            seats,
            count,
            seating,
        } = *self;
        seating.taken.lock().unwrap().push(Taken {
            seats,
            limit: count,
            claims,
        });
    }

    fn unsure(self: Box<Self>) {
        self.seats.unsure();
    }
}
