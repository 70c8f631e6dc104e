//! The handles by which the attempts of this process are stopped.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use wasmtab_domain::ids::AttemptId;
use wasmtab_runtime::{CancelCause, Control};

/// Attempts that this process owns: from their claim until their outcome is written.
#[derive(Debug, Default)]
pub(crate) struct Controls(Mutex<HashMap<AttemptId, Control>>);

impl Controls {
    pub(crate) fn insert(&self, attempt: AttemptId) -> Control {
        let control = Control::new();
        self.with(|controls| controls.insert(attempt, control.clone()));
        control
    }

    pub(crate) fn remove(&self, attempt: AttemptId) {
        self.with(|controls| controls.remove(&attempt));
    }

    pub(crate) fn cancel(&self, attempt: AttemptId, cause: CancelCause) {
        if let Some(control) = self.with(|controls| controls.get(&attempt).cloned()) {
            control.cancel(cause);
        }
    }

    pub(crate) fn cancel_all(&self, cause: CancelCause) {
        for control in self.with(|controls| controls.values().cloned().collect::<Vec<_>>()) {
            control.cancel(cause);
        }
    }

    /// All of them.
    pub(crate) fn attempts(&self) -> Vec<AttemptId> {
        self.with(|controls| controls.keys().copied().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with(|controls| controls.is_empty())
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashMap<AttemptId, Control>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
