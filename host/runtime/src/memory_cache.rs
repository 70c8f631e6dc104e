//! Loaded handlers, the most recently used ones.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use wasmtab_domain::digest::Digest;

use crate::{handler::Handler, sync::lock};

/// A bounded map that forgets the least recently used. Forgetting one does not end its attempts: they hold it.
#[derive(Debug)]
pub(crate) struct MemoryCache {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Digest, (Arc<Handler>, u64)>,
    uses: u64,
    /// One lock a digest under way, so that a handler is compiled once however many wait for it.
    loading: HashMap<Digest, Arc<tokio::sync::Mutex<()>>>,
}

impl MemoryCache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<Handler>> {
        let mut inner = lock(&self.inner);
        inner.uses += 1;
        let uses = inner.uses;
        let (handler, used) = inner.entries.get_mut(digest)?;
        *used = uses;
        Some(Arc::clone(handler))
    }

    pub(crate) fn insert(&self, handler: Arc<Handler>) {
        let mut inner = lock(&self.inner);
        inner.uses += 1;
        let uses = inner.uses;
        inner.entries.insert(*handler.digest(), (handler, uses));
        if inner.entries.len() > self.capacity
            && let Some(oldest) = inner
                .entries
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(digest, _)| *digest)
        {
            inner.entries.remove(&oldest);
        }
    }

    pub(crate) fn remove(&self, digest: &Digest) {
        lock(&self.inner).entries.remove(digest);
    }

    /// The lock under which `digest` is loaded or compiled.
    pub(crate) fn turn(&self, digest: &Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut inner = lock(&self.inner);
        // Locks that nobody holds or awaits are of no use any more.
        inner.loading.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(inner.loading.entry(*digest).or_default())
    }
}
