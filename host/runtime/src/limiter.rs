//! Bounds the linear memories and tables of one attempt, and of all attempts together.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use wasmtime::ResourceLimiter;

use crate::limits::{CORE_INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES};

/// The host's linear memory, shared by all attempts.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            limit: limit.unwrap_or(u64::MAX),
            used: AtomicU64::new(0),
        })
    }

    /// Bytes that attempts have at the moment.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|used| *used <= self.limit)
            });
        taken.is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Counts every linear memory of an attempt against one sum.
///
/// It remembers what it refused, because a guest that is refused memory sees -1 and then usually aborts in a way that looks like a
/// panic.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u64,
    used: u64,
    peak: u64,
    budget: Arc<Budget>,
    /// The last growth that was refused: bytes wanted in all, and who refused.
    refused: Option<(u64, Refuser)>,
}

/// Whose bound a growth would have exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refuser {
    /// The attempt's own limit.
    Attempt(u64),
    /// All attempts together would have exceeded the host's budget.
    Host(u64),
    /// The memory's own maximum, or the operating system.
    System,
    /// A table's bound.
    Table,
}

impl Limiter {
    pub(crate) fn new(limit: u64, budget: Arc<Budget>) -> Self {
        Self {
            limit,
            used: 0,
            peak: 0,
            budget,
            refused: None,
        }
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    pub(crate) fn refused(&self) -> Option<(u64, Refuser)> {
        self.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current) as u64;
        let total = self.used.saturating_add(more);
        if total > self.limit {
            self.refused = Some((total, Refuser::Attempt(self.limit)));
            return Ok(false);
        }
        if !self.budget.take(more) {
            self.refused = Some((total, Refuser::Host(self.budget.limit)));
            return Ok(false);
        }
        self.used = total;
        // A growth that fails after this point is still counted: wasmtime does not say by how much to go back, and too high is safe.
        self.peak = self.peak.max(total);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = Some((self.used, Refuser::System));
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            self.refused = Some((desired as u64, Refuser::Table));
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.budget.give_back(self.used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_of_an_attempt_count_together() {
        let mut limiter = Limiter::new(100, Budget::new(None));
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(limiter.refused(), Some((120, Refuser::Attempt(100))));
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        assert_eq!(limiter.peak(), 100);
    }

    #[test]
    fn the_host_has_a_budget_that_ended_attempts_give_back() {
        let budget = Budget::new(Some(100));
        let mut one = Limiter::new(1_000, Arc::clone(&budget));
        let mut two = Limiter::new(1_000, Arc::clone(&budget));
        assert!(one.memory_growing(0, 80, None).unwrap());
        assert!(!two.memory_growing(0, 80, None).unwrap());
        assert_eq!(two.refused(), Some((80, Refuser::Host(100))));
        drop(one);
        assert!(two.memory_growing(0, 80, None).unwrap());
        drop(two);
        assert_eq!(budget.used(), 0);
    }
}
