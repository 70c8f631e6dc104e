//! Waiting for an instant of the wall clock.

use std::time::Duration;

use async_trait::async_trait;
use wasmtab_domain::time::{Clock, Timestamp};

/// A clock whose instants can be waited for. A simulated one wakes its waiters when its time is moved.
#[async_trait]
pub trait Timer: Clock {
    /// Returns at `at`, or earlier: the caller looks at the clock again.
    async fn sleep_until(&self, at: Timestamp);
}

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTimer;

/// The wall clock may be set while somebody waits; a wait is cut into pieces so that this is noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl Clock for SystemTimer {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the wall clock is read"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep_until(&self, at: Timestamp) {
        // tokio rounds up to whole milliseconds; a fire is never released before its instant.
        tokio::time::sleep(at.since(self.now()).min(LONGEST_WAIT)).await;
    }
}
