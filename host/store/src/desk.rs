//! Where a run that somebody starts is claimed in the very commit that makes it: by the process that makes it, if it has a place.

use std::{
    fmt,
    sync::{PoisonError, RwLock, Weak},
};

use wasmtab_domain::{ids::BootId, run::Claim};

/// A process that carries runs out.
pub trait Attendant: Send + Sync {
    /// Keeps a place for one claim; none where there is none, or where other claims wait for one.
    fn seat(&self) -> Option<Box<dyn Seat>>;
}

/// A place that is kept. Dropping it leaves it to others.
pub trait Seat: Send {
    /// Who claims, and its node's name.
    fn owner(&self) -> (BootId, &str);

    /// The claim is committed, and its attempt begins.
    fn take(self: Box<Self>, claim: Claim);

    /// A claim may have been committed or not: it has to be looked for.
    fn unsure(self: Box<Self>);
}

/// One for each store.
#[derive(Default)]
pub struct Desk(RwLock<Option<Weak<dyn Attendant>>>);

impl Desk {
    /// From now on claims are offered to this process, as long as it lives.
    pub fn attend(&self, attendant: Weak<dyn Attendant>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(attendant);
    }

    /// A place for a claim, if somebody has one.
    pub fn seat(&self) -> Option<Box<dyn Seat>> {
        let attendant = self.0.read().unwrap_or_else(PoisonError::into_inner);
        attendant.as_ref()?.upgrade()?.seat()
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}
