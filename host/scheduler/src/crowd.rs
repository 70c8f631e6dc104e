//! Many fires that share an instant: their release is prepared before it comes, and committed on it.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{Come, Store};

use crate::clock::Timer;

/// Fewer fires than this are released soon enough without preparation.
const CROWD: u32 = 100;
/// Jobs whose fires are prepared at most; the rest follows on the instant, batch by batch.
const MOST: u32 = 10_000;
/// Everything that writes waits while a release is prepared, but no longer than this.
const LONGEST: Duration = Duration::from_millis(750);
/// For what is being written when the preparation begins, and for timers that are late.
const MARGIN: Duration = Duration::from_millis(5);
/// What preparing one fire is thought to take, until it is known.
const FIRST_PACE: Duration = Duration::from_micros(60);
/// Instants that are further away are asked about later.
pub(crate) const SIGHT: Duration = Duration::from_secs(1);

pub(crate) struct Crowds {
    store: Arc<dyn Store>,
    timer: Arc<dyn Timer>,
    /// What preparing one fire takes.
    pace: Duration,
    /// How many fires share the instant that was asked about last.
    count: u32,
    /// An instant for which nothing could be prepared.
    given_up: Option<Timestamp>,
}

impl Crowds {
    pub(crate) fn new(store: Arc<dyn Store>, timer: Arc<dyn Timer>) -> Self {
        Self {
            store,
            timer,
            pace: FIRST_PACE,
            count: 0,
            given_up: None,
        }
    }

    /// When the release of the fires at `at` has to begin; none where it may wait for `at` itself.
    pub(crate) async fn expect(&mut self, at: Timestamp) -> Option<Timestamp> {
        let left = at.since(self.timer.now());
        if left <= MARGIN || left > SIGHT || self.given_up == Some(at) {
            return None;
        }
        self.count = match self.store.crowd_at(at, MOST).await {
            Ok(count) if count >= CROWD => count,
            Ok(_) => return None,
            Err(error) => {
                tracing::debug!(%error, "fires could not be counted ahead: {error}");
                return None;
            }
        };
        let lead = (self.pace * self.count + MARGIN).min(LONGEST);
        // What would be ready far too late goes batch by batch, so that the first of them are not.
        (left >= lead / 2).then(|| at.minus(lead))
    }

    /// Releases them, and returns once their instant has come or they are left to others.
    pub(crate) async fn release(&mut self, at: Timestamp, stop: &CancellationToken) {
        let (begun, ready) = (Instant::now(), Arc::new(OnceLock::new()));
        let come = self.come(at, stop.clone(), Arc::clone(&ready));
        match self.store.release_at(at, MOST, come).await {
            Ok(true) => {}
            Ok(false) => self.given_up = Some(at),
            Err(error) => {
                self.given_up = Some(at);
                tracing::warn!(%error, "fires were not prepared ahead, they are released as they fall due: {error}");
            }
        }
        if let Some(took) = ready.get().map(|ready: &Instant| ready.duration_since(begun)) {
            // A quarter more than it took: ready too early costs others a wait, too late costs all of these.
            let pace = took * 5 / 4 / self.count.max(1);
            self.pace = (self.pace + pace) / 2;
        }
    }

    fn come(&self, at: Timestamp, stop: CancellationToken, ready: Arc<OnceLock<Instant>>) -> Come {
        let timer = Arc::clone(&self.timer);
        Box::pin(async move {
            let _ = ready.set(Instant::now());
            loop {
                let left = at.since(timer.now());
                if left.is_zero() {
                    return true;
                }
                // Further away than when it was prepared: the clock was set back.
                if left > SIGHT {
                    return false;
                }
                tokio::select! {
                    () = stop.cancelled() => return false,
                    () = timer.sleep_until(at) => {}
                }
            }
        })
    }
}
