//! What a runtime is told when it is made.

use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use wasmtab_domain::time::Clock;

use crate::capability::http::{Resolve, SystemResolver};

/// The settings of one [`Runtime`](crate::Runtime).
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// Where compiled code is kept. Only this host may write there: the files are mapped and run.
    pub cache_dir: PathBuf,
    /// Bytes of linear memory that any attempt may ask for.
    pub max_memory: u64,
    /// Attempts that run at once: what the pool of instances is sized for.
    pub max_concurrency: u32,
    /// Guests that compute for long at once; the others wait for their turn. Fewer than there are threads for guests leave some to those
    /// that are quick.
    pub computing: usize,
    /// Bytes of linear memory of all attempts together; none for no bound.
    pub host_memory_budget: Option<u64>,
    /// How often running guests are looked at. 1 to 5 ms are sensible.
    pub epoch_tick: Duration,
    /// The program and arguments that call [`compile_child_main`](crate::compile_child_main).
    ///
    /// Empty compiles in this very process, without any bound on memory or time: for tests and trusted files only.
    pub compiler: Vec<OsString>,
    /// Bounds of the compile child.
    pub compile: CompileLimits,
    /// Time as log lines and guests see it.
    pub clock: Arc<dyn Clock>,
    /// How host names become addresses.
    pub resolver: Arc<dyn Resolve>,
}

/// Bounds of one compilation.
#[derive(Clone, Copy, Debug)]
pub struct CompileLimits {
    /// Bytes of an original.
    pub upload: usize,
    /// Bytes of address space.
    pub address_space: u64,
    /// CPU seconds, all threads together.
    pub cpu_seconds: u64,
    /// Wall time.
    pub wall: Duration,
}

impl RuntimeConfig {
    /// The defaults: compiled code in `cache_dir`, compiled by `compiler`.
    pub fn new(cache_dir: impl Into<PathBuf>, compiler: Vec<OsString>, clock: Arc<dyn Clock>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            max_memory: 1024 * 1024 * 1024,
            max_concurrency: 64,
            computing: usize::MAX,
            host_memory_budget: None,
            epoch_tick: Duration::from_millis(2),
            compiler,
            compile: CompileLimits::default(),
            clock,
            resolver: Arc::new(SystemResolver),
        }
    }
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            upload: crate::limits::UPLOAD_BYTES,
            address_space: crate::limits::COMPILE_ADDRESS_SPACE,
            cpu_seconds: crate::limits::COMPILE_CPU_SECONDS,
            wall: crate::limits::COMPILE_WALL,
        }
    }
}

#[cfg(test)]
impl RuntimeConfig {
    /// For an engine that is looked at alone: nothing is kept, compiled or timed.
    pub(crate) fn unused() -> Self {
        #[derive(Debug)]
        struct NoClock;

        impl Clock for NoClock {
            fn now(&self) -> wasmtab_domain::time::Timestamp {
                wasmtab_domain::time::Timestamp::default()
            }
        }

        Self::new("unused", Vec::new(), Arc::new(NoClock))
    }
}
