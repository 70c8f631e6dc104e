//! How many attempts go on at once, and the share of it that long ones leave to new starts.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An attempt that goes on longer than this leaves the starts' share, as long as there is room for it elsewhere.
const LONG: Duration = Duration::from_millis(100);

/// Places for attempts. A quarter is the starts' share: an attempt that turns out a long one moves on to the other places
/// when it can, so that few loops leave the share free. A start may have any place.
#[derive(Clone, Debug)]
pub(crate) struct Permits {
    starts: Arc<Semaphore>,
    long: Arc<Semaphore>,
    total: u32,
}

/// One attempt's place.
#[derive(Debug)]
pub(crate) struct Place {
    #[expect(dead_code, reason = "it is held, and given back when the place is dropped")]
    permit: OwnedSemaphorePermit,
    of_starts: bool,
}

impl Permits {
    /// `total` places, a quarter of which (one at least) are the starts' share.
    pub(crate) fn new(total: u32) -> Self {
        let starts = (total / 4).max(1);
        Self {
            starts: Arc::new(Semaphore::new(starts as usize)),
            long: Arc::new(Semaphore::new(total.saturating_sub(starts) as usize)),
            total,
        }
    }

    /// All places.
    pub(crate) const fn total(&self) -> u32 {
        self.total
    }

    /// Places that are free now.
    pub(crate) fn free(&self) -> u32 {
        let free = self.starts.available_permits() + self.long.available_permits();
        u32::try_from(free).unwrap_or(u32::MAX)
    }

    /// A place for a start, if one is free.
    pub(crate) fn try_start(&self) -> Option<Place> {
        let place = |permit, of_starts| Place { permit, of_starts };
        if let Ok(permit) = Arc::clone(&self.starts).try_acquire_owned() {
            return Some(place(permit, true));
        }
        let permit = Arc::clone(&self.long).try_acquire_owned().ok()?;
        Some(place(permit, false))
    }

    /// Runs `work` on `place`, and gives the place back; one of the starts' share is left once the work is a long one and has
    /// another place.
    pub(crate) async fn hold<T>(&self, place: Place, work: impl Future<Output = T>) -> (T, Place) {
        let mut work = std::pin::pin!(work);
        let another = async {
            if !place.of_starts {
                return std::future::pending().await;
            }
            tokio::time::sleep(LONG).await;
            Arc::clone(&self.long).acquire_owned().await.ok()
        };
        let another = tokio::select! {
            biased;
            value = &mut work => return (value, place),
            another = another => another,
        };
        let place = another.map_or(place, |permit| Place {
            permit,
            of_starts: false,
        });
        (work.await, place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    /// Waits until a start has a place.
    async fn start(permits: &Permits) -> Place {
        let (permit, of_starts) = tokio::select! {
            biased;
            permit = Arc::clone(&permits.starts).acquire_owned() => (permit, true),
            permit = Arc::clone(&permits.long).acquire_owned() => (permit, false),
        };
        Place {
            permit: permit.unwrap(),
            of_starts,
        }
    }

    /// Lets `count` attempts of this length go on under `total` places; the most that went on at once, and how long all took.
    async fn carry_out(total: u32, count: usize, length: Duration) -> (usize, Duration) {
        let permits = Permits::new(total);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut attempts = JoinSet::new();
        let begun = tokio::time::Instant::now();
        for _ in 0..count {
            let place = start(&permits).await;
            let (permits, now, most) = (permits.clone(), Arc::clone(&now), Arc::clone(&most));
            attempts.spawn(async move {
                let work = async {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(length).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                drop(permits.hold(place, work).await);
            });
        }
        attempts.join_all().await;
        assert_eq!(permits.free(), total);
        (most.load(Ordering::SeqCst), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_attempts_go_on_at_once_as_there_are_places() {
        for total in [1, 2, 3, 4, 7, 64] {
            for length in [LONG / 10, LONG * 10] {
                let count = total as usize * 3;
                let (most, took) = carry_out(total, count, length).await;
                assert_eq!(most, total as usize, "{total} places, {length:?}");
                assert!(took < length * 4, "{total} places, {length:?}: {took:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_attempts_leave_the_starts_their_share() {
        let permits = Permits::new(8);
        let mut long = JoinSet::new();
        for _ in 0..6 {
            let (place, permits) = (start(&permits).await, permits.clone());
            long.spawn(async move { permits.hold(place, std::future::pending::<()>()).await });
        }
        tokio::time::sleep(LONG * 2).await;
        assert_eq!(permits.starts.available_permits(), 2);
        assert_eq!(permits.free(), 2);
        long.abort_all();
    }
}
