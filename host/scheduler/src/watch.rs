//! Watching one attempt that may take longer than its job's `warnAfter`.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

/// The watch over one attempt. Its time begins with the guest's.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    length: Duration,
    begun: Arc<Notify>,
}

impl Watch {
    pub(crate) fn new(length: Duration) -> Self {
        Self {
            length,
            begun: Arc::default(),
        }
    }

    /// The guest begins.
    pub(crate) fn begin(&self) {
        self.begun.notify_one();
    }

    /// Carries `work` out; `late` is done once, when the work goes on for that long.
    pub(crate) async fn over<T, L>(&self, work: impl Future<Output = T>, late: impl Future<Output = L>) -> T {
        let mut work = std::pin::pin!(work);
        let time_is_up = async {
            self.begun.notified().await;
            tokio::time::sleep(self.length).await;
            late.await
        };
        tokio::select! {
            biased;
            value = &mut work => return value,
            _ = time_is_up => {}
        }
        work.await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const LENGTH: Duration = Duration::from_secs(10);

    /// Carries out work that begins after `before` and takes `length`; how often it was late.
    async fn watched(before: Duration, length: Duration) -> u32 {
        let watch = Watch::new(LENGTH);
        let count = Cell::new(0);
        let work = async {
            tokio::time::sleep(before).await;
            watch.begin();
            tokio::time::sleep(length).await;
            "done"
        };
        let late = async { count.set(count.get() + 1) };
        assert_eq!(watch.over(work, late).await, "done");
        count.get()
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_longer_is_told_once() {
        assert_eq!(watched(Duration::ZERO, LENGTH * 5).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_before_the_begin_does_not_count() {
        assert_eq!(watched(LENGTH * 5, LENGTH / 2).await, 0);
        assert_eq!(watched(LENGTH * 5, LENGTH * 2).await, 1);
    }
}
