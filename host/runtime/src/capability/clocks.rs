//! The wall clock as guests see it: the host's own, so that simulated time reaches them too.

use std::{sync::Arc, time::Duration};

use wasmtab_domain::time::Clock;
use wasmtime_wasi::HostWallClock;

/// The host's clock. Instants before 1970 read as 1970.
pub(crate) struct WallClock(pub(crate) Arc<dyn Clock>);

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_micros(1)
    }

    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now().as_micros()).unwrap_or(0))
    }
}
