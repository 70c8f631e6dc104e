//! The cleaner removes old rows of the log, a few at a time beside the hot path.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wasmtab_store::{Store, StoreError};

use crate::clock::Timer;

/// How often there is something to remove.
const PERIOD: Duration = Duration::from_mins(1);
/// Rows that one transaction removes.
const BATCH: u32 = 1_000;
/// How long an idempotency key is remembered.
const KEYS: Duration = Duration::from_hours(24);

pub(crate) struct Cleaner {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub retention: Duration,
    pub stop: CancellationToken,
}

impl Cleaner {
    pub(crate) async fn run(self) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "cleaning failed, the next round tries again: {error}");
            }
            let next = self.timer.now().plus(PERIOD);
            while self.timer.now() < next {
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = self.timer.sleep_until(next) => {}
                }
            }
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.timer.now();
        while !self.stop.is_cancelled() && self.store.sweep_log(now.minus(self.retention), BATCH).await?.more
        {
            tokio::task::yield_now().await;
        }
        self.store.forget_keys(now.minus(KEYS)).await.map(drop)
    }
}
