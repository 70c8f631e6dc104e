//! The clock that all nodes of a database go by: the database's, as far as this machine's own is known to be from it.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use wasmtab_domain::time::{Clock, Timestamp};
use wasmtab_scheduler::{SystemTimer, Timer};
use wasmtab_store::StoreError;
use wasmtab_store_postgres::PostgresStore;

/// How often the database is asked again: clocks drift by less than a millisecond in this time.
const PERIOD: Duration = Duration::from_mins(1);
/// A difference that somebody should look at.
const FAR: u64 = 1_000_000;
/// A wait is cut into pieces so that a clock that is set is noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// This machine's clock, set right by the database's.
#[derive(Debug)]
pub(crate) struct SharedClock {
    /// Microseconds that the database is ahead.
    ahead: AtomicI64,
}

impl SharedClock {
    /// Asks the database, and goes on asking for as long as both are there.
    pub(crate) async fn of(store: &Arc<PostgresStore>) -> Result<Arc<Self>, StoreError> {
        let clock = Arc::new(Self {
            ahead: AtomicI64::new(0),
        });
        clock.set(store).await?;
        let ahead = clock.ahead.load(Ordering::Relaxed);
        if ahead.unsigned_abs() > FAR {
            tracing::warn!(
                "this machine's clock is {} ms from the database's, which counts",
                ahead / 1_000
            );
        }
        tokio::spawn(follow(Arc::downgrade(&clock), Arc::downgrade(store)));
        Ok(clock)
    }

    async fn set(&self, store: &PostgresStore) -> Result<(), StoreError> {
        let offset = store.offset(|| SystemTimer.now()).await?;
        let before = self.ahead.load(Ordering::Relaxed);
        // What lies within the sample's own error is left alone: the clock does not tremble.
        if before.abs_diff(offset.micros) > offset.round_trip.as_micros() as u64 {
            self.ahead.store(offset.micros, Ordering::Relaxed);
        }
        Ok(())
    }
}

async fn follow(clock: Weak<SharedClock>, store: Weak<PostgresStore>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let (Some(clock), Some(store)) = (clock.upgrade(), store.upgrade()) else {
            return;
        };
        if let Err(error) = clock.set(&store).await {
            tracing::debug!(%error, "the database did not tell the time: {error}");
        }
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        let here = SystemTimer.now().as_micros();
        Timestamp::from_micros(here.saturating_add(self.ahead.load(Ordering::Relaxed)))
    }
}

#[async_trait]
impl Timer for SharedClock {
    async fn sleep_until(&self, at: Timestamp) {
        // tokio rounds up to whole milliseconds; a fire is never released before its instant.
        tokio::time::sleep(at.since(self.now()).min(LONGEST_WAIT)).await;
    }
}
