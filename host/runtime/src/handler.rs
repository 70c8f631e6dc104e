//! A handler that is compiled and ready to be instantiated.

use wasmtab_domain::digest::Digest;

use wasmtab_upload::{HandlerKind, Inspection, Weight};

use crate::compile::Entry;

/// Compiled, linked, checked. Every attempt gets a fresh instance of it.
pub struct Handler {
    pub(crate) inspection: Inspection,
    pub(crate) entry: Entry,
}

impl Handler {
    /// What is known about it.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// The original's digest.
    pub fn digest(&self) -> &Digest {
        &self.inspection.digest
    }

    /// How it is run.
    pub fn kind(&self) -> HandlerKind {
        self.inspection.kind
    }

    /// What an attempt takes from the pool; [`Weight::permits`] is what a dispatcher counts.
    pub fn weight(&self) -> Weight {
        self.inspection.weight
    }
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handler")
            .field("inspection", &self.inspection)
            .finish_non_exhaustive()
    }
}
