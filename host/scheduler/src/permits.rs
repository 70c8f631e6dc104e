//! How many attempts go on at once, and the share of it that is kept for new starts.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An attempt that goes on longer than this gives its place among the starts up, as long as there is room for it elsewhere.
const LONG: Duration = Duration::from_millis(100);

/// Places for attempts. Endless loops end up among the long ones, so that they cannot take every place for starts.
#[derive(Clone, Debug)]
pub(crate) struct Permits {
    starts: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

impl Permits {
    /// `total` places, a quarter of which (one at least) are for starts.
    pub(crate) fn new(total: u32) -> Self {
        let starts = (total / 4).max(1);
        Self {
            starts: Arc::new(Semaphore::new(starts as usize)),
            long: Arc::new(Semaphore::new(total.saturating_sub(starts) as usize)),
        }
    }

    /// Places for starts that are free now.
    pub(crate) fn free(&self) -> u32 {
        u32::try_from(self.starts.available_permits()).unwrap_or(u32::MAX)
    }

    /// Waits until a start has a place. None when the permits were closed.
    pub(crate) async fn start(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.starts).acquire_owned().await.ok()
    }

    /// A place for a start, if one is free.
    pub(crate) fn try_start(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.starts).try_acquire_owned().ok()
    }

    /// Runs `work` on `permit`, which goes back to the starts once the work is a long one and has a place among those.
    pub(crate) async fn hold<T>(&self, permit: OwnedSemaphorePermit, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let waited = async {
            tokio::time::sleep(LONG).await;
            Arc::clone(&self.long).acquire_owned().await.ok()
        };
        let long = tokio::select! {
            biased;
            value = &mut work => return value,
            long = waited => long,
        };
        let _place = match long {
            Some(place) => {
                drop(permit);
                place
            }
            None => permit,
        };
        work.await
    }
}
