//! Guests that compute take turns, so that those that are quick find a thread that is free.
//!
//! An epoch makes a guest yield, but who comes next on its thread is another one of many that compute, each for as long as an epoch, or
//! for as long as one bulk operation takes. So only as many as there are cores compute at once; the runtime that they are on has a few
//! threads more, on which whoever has not computed for long yet, or mostly waits, runs at once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a guest may compute before it takes turns.
pub(crate) const QUICK: Duration = Duration::from_millis(10);
/// Who waits this many times as long as it computes never takes turns.
const MOSTLY_WAITING: u32 = 8;

/// A guest's future, which takes its turn when it computes for long.
pub(crate) struct Turn<F> {
    guest: F,
    turns: Arc<Semaphore>,
    quick: Duration,
    /// What it has computed lately.
    computed: Duration,
    /// When it was last polled to the end.
    left: Instant,
    waiting: Option<BoxFuture<'static, Option<OwnedSemaphorePermit>>>,
}

impl<F: Future + Unpin> Turn<F> {
    /// `turns` has a permit for each guest that may compute for long at once; `quick` is how long one computes without.
    pub(crate) fn new(guest: F, turns: Arc<Semaphore>, quick: Duration) -> Self {
        Self {
            guest,
            turns,
            quick,
            computed: Duration::ZERO,
            left: Instant::now(),
            waiting: None,
        }
    }
}

impl<F: Future + Unpin> Future for Turn<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let waited = this.left.elapsed() / MOSTLY_WAITING;
        let mut permit = None;
        if this.waiting.is_none() {
            this.computed = this.computed.saturating_sub(waited);
            if this.computed >= this.quick {
                let turns = Arc::clone(&this.turns);
                // The semaphore is never closed.
                this.waiting = Some(Box::pin(async move { turns.acquire_owned().await.ok() }));
            }
        }
        if let Some(waiting) = &mut this.waiting {
            permit = ready!(waiting.as_mut().poll(cx));
            this.waiting = None;
        }
        let begun = Instant::now();
        let polled = Pin::new(&mut this.guest).poll(cx);
        this.left = Instant::now();
        this.computed += this.left - begun;
        // Given back at once: whoever waits in a host call must not keep others from their turn.
        drop(permit);
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    /// Computes `left` times; tells how many did so at once.
    struct Computes {
        left: usize,
        now: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
    }

    impl Future for Computes {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.most
                .fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            self.now.fetch_sub(1, Ordering::SeqCst);
            if self.left == 0 {
                return Poll::Ready(());
            }
            self.left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn only_so_many_compute_for_long_at_once_and_all_come_to_an_end() {
        let turns = Arc::new(Semaphore::new(2));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut guests = JoinSet::new();
        for _ in 0..8 {
            let guest = Computes {
                left: 200,
                now: Arc::clone(&now),
                most: Arc::clone(&most),
            };
            guests.spawn(Turn::new(guest, Arc::clone(&turns), Duration::ZERO));
        }
        guests.join_all().await;
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert_eq!(turns.available_permits(), 2);
    }

    #[tokio::test]
    async fn who_is_quick_needs_no_turn() {
        let turns = Arc::new(Semaphore::new(0));
        let guest = Computes {
            left: 3,
            now: Arc::default(),
            most: Arc::default(),
        };
        Turn::new(guest, turns, Duration::MAX).await;
    }
}
