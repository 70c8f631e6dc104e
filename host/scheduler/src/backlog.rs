//! Claims that wait in this process for a place: a little more than there are places, so that no place waits for a commit.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use wasmtab_domain::run::Claim;

use crate::{controls::Owned, permits::Permits};

/// How much work is claimed ahead. A death, or attempts that become longer, leave no more than that to others.
const AHEAD: Duration = Duration::from_millis(50);
/// Claims ahead at most.
const MOST: u32 = 4_000;
/// Over how much time the pace is taken at least.
const SPAN: Duration = Duration::from_millis(10);

/// A claim, and what stops it.
pub(crate) type Ready = (Claim, Arc<Owned>);

/// First in, first out.
#[derive(Debug)]
pub(crate) struct Backlog {
    inner: Mutex<Inner>,
    /// Whether runs are due that found no room here.
    hungry: AtomicBool,
    room: Notify,
}

#[derive(Debug)]
struct Inner {
    waiting: VecDeque<Ready>,
    pace: Pace,
}

impl Backlog {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                waiting: VecDeque::new(),
                pace: Pace::new(Instant::now()),
            }),
            hungry: AtomicBool::new(false),
            room: Notify::new(),
        }
    }

    pub(crate) fn push(&self, claims: impl Iterator<Item = Ready>) {
        self.inner().waiting.extend(claims);
    }

    /// The next claim for a place that is free; none: it stays free.
    pub(crate) fn pop(&self) -> Option<Ready> {
        let (next, few) = {
            let mut inner = self.inner();
            let next = inner.waiting.pop_front();
            if next.is_some() {
                inner.pace.started(Instant::now());
            }
            (next, inner.waiting.len() <= inner.pace.ahead() as usize / 2)
        };
        if few {
            self.tell();
        }
        next
    }

    /// A place was left.
    pub(crate) fn tell(&self) {
        // Nobody is woken who has nothing to claim.
        if self.hungry.swap(false, Ordering::AcqRel) {
            self.room.notify_one();
        }
    }

    /// Waits until there is room that was missing.
    pub(crate) async fn short(&self) {
        self.room.notified().await;
    }

    /// All that wait, in place of which nothing waits.
    pub(crate) fn take(&self) -> Vec<Ready> {
        self.inner().waiting.drain(..).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.inner().waiting.len()
    }

    /// Claims to take now: none while enough wait. With `due`, whoever gets none is told once there is room.
    pub(crate) fn wanted(&self, permits: &Permits, due: bool) -> u32 {
        self.hungry.store(false, Ordering::Release);
        let wanted = self.room(permits);
        if wanted > 0 || !due {
            return wanted;
        }
        self.hungry.store(true, Ordering::Release);
        // What was left between the two looks told nobody.
        self.room(permits)
    }

    fn room(&self, permits: &Permits) -> u32 {
        let inner = self.inner();
        let (waiting, ahead) = (inner.waiting.len() as u32, inner.pace.lately(Instant::now()));
        if waiting > 0 && waiting > ahead / 2 {
            return 0;
        }
        permits.free().saturating_add(ahead).saturating_sub(waiting)
    }

    /// How many claims have been started in all.
    pub(crate) fn started(&self) -> u64 {
        self.inner().pace.total
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How fast claims are started.
#[derive(Debug)]
struct Pace {
    since: Instant,
    count: u32,
    total: u64,
    per_second: f64,
}

impl Pace {
    const fn new(now: Instant) -> Self {
        Self {
            since: now,
            count: 0,
            total: 0,
            per_second: 0.0,
        }
    }

    fn started(&mut self, now: Instant) {
        self.count += 1;
        self.total += 1;
        let span = now.saturating_duration_since(self.since);
        if span < SPAN {
            return;
        }
        let measured = f64::from(self.count) / span.as_secs_f64();
        // Slower counts at once: what is long now must not find many claims behind it.
        self.per_second = if measured < self.per_second {
            measured
        } else {
            self.per_second.midpoint(measured)
        };
        (self.since, self.count) = (now, 0);
    }

    fn ahead(&self) -> u32 {
        of(self.per_second)
    }

    /// The same where nothing may have been started for a while.
    fn lately(&self, now: Instant) -> u32 {
        let span = now.saturating_duration_since(self.since);
        let at_most = f64::from(self.count + 1) / span.max(SPAN).as_secs_f64();
        if span > SPAN {
            of(self.per_second.min(at_most))
        } else {
            self.ahead()
        }
    }
}

fn of(per_second: f64) -> u32 {
    ((per_second * AHEAD.as_secs_f64()) as u32).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(starts: u32, every: Duration) -> Pace {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for start in 1..=starts {
            pace.started(begun + every * start);
        }
        pace
    }

    #[test]
    fn short_attempts_are_claimed_ahead() {
        let ahead = paced(20_000, Duration::from_micros(50)).ahead();
        assert!((990..=1_001).contains(&ahead), "{ahead}");
    }

    #[test]
    fn long_attempts_are_not_claimed_ahead() {
        assert_eq!(paced(100, Duration::from_secs(1)).ahead(), 0);
    }

    #[test]
    fn attempts_that_become_long_are_noticed_at_the_next_start() {
        let mut pace = paced(20_000, Duration::from_micros(50));
        let (since, count) = (pace.since, pace.count);
        pace.started(since + Duration::from_mins(1));
        assert!(pace.ahead() <= count, "{}", pace.ahead());
    }

    #[test]
    fn the_lead_has_a_bound() {
        assert_eq!(paced(1_000_000, Duration::from_nanos(100)).ahead(), MOST);
    }

    #[test]
    fn without_a_pace_as_many_are_wanted_as_there_are_places() {
        let (backlog, permits) = (Backlog::new(), Permits::new(2));
        assert_eq!(backlog.wanted(&permits, true), 2);
        let places = [permits.try_start().unwrap(), permits.try_start().unwrap()];
        assert_eq!(backlog.wanted(&permits, true), 0);
        drop(places);
        assert_eq!(backlog.wanted(&permits, true), 2);
    }

    #[tokio::test]
    async fn whoever_found_no_room_is_told_of_the_first_place_that_is_left() {
        let (backlog, permits) = (Backlog::new(), Permits::new(1));
        let place = permits.try_start().unwrap();
        assert_eq!(backlog.wanted(&permits, true), 0);
        drop(place);
        backlog.tell();
        backlog.short().await;
    }

    #[test]
    fn a_pause_in_the_starts_ends_the_lead() {
        let pace = paced(20_000, Duration::from_micros(50));
        assert_eq!(pace.lately(pace.since + Duration::from_mins(1)), 0);
    }
}
