//! What is known from outside: what the server promised, and when jobs were being changed.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use wasmtab_auditor::Doubt;
use wasmtab_domain::{
    ids::{JobId, RunId},
    time::{Clock as _, Timestamp},
};
use wasmtab_scheduler::SystemTimer;

/// What everybody who talks to the server writes down.
#[derive(Debug, Default)]
pub(crate) struct Books {
    promised: Mutex<BTreeSet<RunId>>,
    doubts: Mutex<Vec<Doubt>>,
    /// Starts that were asked for, each under a key of its own.
    pub(crate) asked: AtomicU64,
    /// Starts whose key stays in use: the process died between the start and the keeping of its answer.
    pub(crate) given_up: AtomicU64,
    /// Requests that got no answer, or the answer that it cannot.
    pub(crate) failed: AtomicU64,
}

impl Books {
    /// The server has said that this run was made.
    pub(crate) fn promise(&self, run: RunId) {
        let is_new = self
            .promised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(run);
        assert!(is_new, "two starts were answered with run {run}");
    }

    /// A job was being changed from then until now.
    pub(crate) fn changed(&self, job: JobId, from: Timestamp) {
        let doubt = Doubt {
            job,
            from,
            until: now(),
        };
        self.doubts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(doubt);
    }

    pub(crate) fn promised(&self) -> BTreeSet<RunId> {
        self.promised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn doubts(&self) -> Vec<Doubt> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

/// The machine's wall clock: the server's own.
pub(crate) fn now() -> Timestamp {
    SystemTimer.now()
}
