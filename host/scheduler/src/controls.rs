//! The attempts that this process owns: how each is stopped, and whether it has begun.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use wasmtab_domain::{ids::AttemptId, time::Timestamp};
use wasmtab_runtime::{CancelCause, Control};

/// No attempt has begun at this instant.
const NOT_BEGUN: i64 = i64::MIN;

/// An attempt of this process, from its claim until its outcome is written.
#[derive(Debug)]
pub(crate) struct Owned {
    /// Stops it.
    pub control: Control,
    begun: AtomicI64,
    /// Whether its begin is written, or will be with its end.
    written: AtomicBool,
}

impl Owned {
    /// The guest begins.
    pub(crate) fn begin(&self, at: Timestamp) {
        self.begun.store(at.as_micros(), Ordering::Release);
    }

    /// It has ended.
    pub(crate) fn end(&self) {
        self.written.store(true, Ordering::Relaxed);
    }

    fn unwritten_begin(&self) -> Option<Timestamp> {
        let begun = self.begun.load(Ordering::Acquire);
        (begun != NOT_BEGUN && !self.written.load(Ordering::Relaxed)).then(|| Timestamp::from_micros(begun))
    }
}

/// All of them, in an order that is the same each time: a simulation must play the same again.
#[derive(Debug, Default)]
pub(crate) struct Controls(Mutex<BTreeMap<AttemptId, Arc<Owned>>>);

impl Controls {
    pub(crate) fn insert(&self, attempt: AttemptId) -> Arc<Owned> {
        let owned = Arc::new(Owned {
            control: Control::new(),
            begun: AtomicI64::new(NOT_BEGUN),
            written: AtomicBool::new(false),
        });
        self.with(|all| all.insert(attempt, Arc::clone(&owned)));
        owned
    }

    /// Forgets attempts, whose outcomes are written.
    pub(crate) fn remove(&self, attempts: impl Iterator<Item = AttemptId>) {
        self.with(|all| {
            for attempt in attempts {
                all.remove(&attempt);
            }
        });
    }

    pub(crate) fn cancel(&self, attempt: AttemptId, cause: CancelCause) {
        if let Some(owned) = self.with(|all| all.get(&attempt).cloned()) {
            owned.control.cancel(cause);
        }
    }

    pub(crate) fn cancel_all(&self, cause: CancelCause) {
        for owned in self.with(|all| all.values().cloned().collect::<Vec<_>>()) {
            owned.control.cancel(cause);
        }
    }

    /// The names of all.
    pub(crate) fn attempts(&self) -> Vec<AttemptId> {
        self.with(|all| all.keys().copied().collect())
    }

    /// Those that have begun and of which the log does not say so.
    pub(crate) fn unwritten_begins(&self) -> Vec<(AttemptId, Timestamp)> {
        self.with(|all| {
            let begins = all.iter();
            begins
                .filter_map(|(attempt, owned)| Some((*attempt, owned.unwritten_begin()?)))
                .collect()
        })
    }

    /// The log says of these that they have begun.
    pub(crate) fn begins_are_written(&self, begins: &[(AttemptId, Timestamp)]) {
        self.with(|all| {
            for owned in begins.iter().filter_map(|(attempt, _)| all.get(attempt)) {
                owned.written.store(true, Ordering::Relaxed);
            }
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with(|all| all.is_empty())
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<AttemptId, Arc<Owned>>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
