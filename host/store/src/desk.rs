//! Where runs are claimed in the very commit that makes them: by the process that makes them, as far as it has places.

use std::{
    fmt,
    sync::{PoisonError, RwLock, Weak},
};

use wasmtab_domain::{ids::BootId, run::Claim};

/// A process that carries runs out.
pub trait Attendant: Send + Sync {
    /// Keeps seats for at most so many claims; none where there is no place for any, or where enough others wait for one.
    fn seats(&self, most: u32) -> Option<Box<dyn Seats>>;
}

/// Seats that are kept. Dropping them leaves them to others.
pub trait Seats: Send {
    /// Who claims, and its node's name.
    fn owner(&self) -> (BootId, &str);

    /// How many.
    fn count(&self) -> u32;

    /// The claims are committed, and their attempts begin.
    fn take(self: Box<Self>, claims: Vec<Claim>);

    /// Claims may have been committed or not: they have to be looked for.
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

    /// Seats for at most so many claims, if somebody has some.
    pub fn seats(&self, most: u32) -> Option<Box<dyn Seats>> {
        let attendant = self.0.read().unwrap_or_else(PoisonError::into_inner);
        attendant.as_ref()?.upgrade()?.seats(most)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}
