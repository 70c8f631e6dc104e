//! Claims that wait in this process for a place: a little more than there are places, so that no place waits for a commit.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use wasmtab_domain::run::Claim;

use crate::{controls::Owned, permits::Permits};

/// How much work is claimed ahead. A death, or attempts that become longer, leave no more than that to others.
const AHEAD: Duration = Duration::from_millis(50);
/// What an attempt of a crowd is thought to take until it is known. Where it takes much longer, what was claimed in vain goes back
/// soon.
const FIRST: Duration = Duration::from_micros(500);
/// What one attempt counts for in the mean of their lengths.
const WEIGHT: f64 = 1.0 / 64.0;

/// How long others may wait for many that came at once.
const LONGEST_SURGE: Duration = Duration::from_millis(400);

/// For whom claims go ahead of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// For whatever is due.
    Steady,
    /// For many fires that share an instant.
    Crowd,
}

impl Lead {
    /// Claims ahead at most.
    const fn most(self) -> u32 {
        match self {
            Self::Steady => 4_000,
            Self::Crowd => 10_000,
        }
    }
}

/// A claim, and what stops it.
pub(crate) type Ready = (Claim, Arc<Owned>);

/// First in, first out.
#[derive(Debug)]
pub(crate) struct Backlog {
    inner: Mutex<Inner>,
    /// Whether runs are due that found no room here.
    hungry: AtomicBool,
    room: Notify,
    calm: Notify,
}

#[derive(Debug)]
struct Inner {
    waiting: VecDeque<Ready>,
    pace: Pace,
    started: u64,
    /// Whether many came at once, of which some still wait.
    surge: bool,
}

impl Backlog {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                waiting: VecDeque::new(),
                pace: Pace::default(),
                started: 0,
                surge: false,
            }),
            hungry: AtomicBool::new(false),
            room: Notify::new(),
            calm: Notify::new(),
        }
    }

    pub(crate) fn push(&self, claims: impl Iterator<Item = Ready>) {
        self.inner().waiting.extend(claims);
    }

    /// The next claim for a place that is free; none: it stays free.
    pub(crate) fn pop(&self, permits: &Permits) -> Option<Ready> {
        let (next, few) = {
            let mut inner = self.inner();
            let next = inner.waiting.pop_front();
            inner.started += u64::from(next.is_some());
            if inner.waiting.is_empty() {
                self.calm_down(&mut inner);
            }
            (
                next,
                inner.waiting.len() <= inner.pace.ahead(permits.total(), Lead::Steady) as usize / 2,
            )
        };
        if few {
            self.tell();
        }
        next
    }

    /// Many came at once, and are to begin soon.
    pub(crate) fn surge(&self) {
        let mut inner = self.inner();
        inner.surge = !inner.waiting.is_empty();
    }

    /// Waits until all have begun that came at once, though not for long.
    pub(crate) async fn calm(&self) {
        let calm = async {
            loop {
                let calm = self.calm.notified();
                if !self.inner().surge {
                    return;
                }
                calm.await;
            }
        };
        if tokio::time::timeout(LONGEST_SURGE, calm).await.is_err() {
            self.calm_down(&mut self.inner());
        }
    }

    fn calm_down(&self, inner: &mut Inner) {
        if std::mem::take(&mut inner.surge) {
            self.calm.notify_waiters();
        }
    }

    /// An attempt took so long.
    pub(crate) fn took(&self, length: Duration) {
        self.inner().pace.count(length);
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

    /// All that wait, in place of which nothing waits; nothing more is claimed ahead until attempts have been short again.
    pub(crate) fn take(&self) -> Vec<Ready> {
        let mut inner = self.inner();
        inner.pace = Pace::Stuck;
        self.calm_down(&mut inner);
        inner.waiting.drain(..).collect()
    }

    /// What waits beyond what may be claimed ahead, now that it is known how long attempts take; it does not wait any more.
    pub(crate) fn surplus(&self, permits: &Permits) -> Vec<Ready> {
        let mut inner = self.inner();
        let ahead = inner.pace.ahead(permits.total(), Lead::Crowd) as usize;
        let kept = inner.waiting.len().min(ahead.max(permits.total() as usize));
        inner.waiting.split_off(kept).into()
    }

    pub(crate) fn len(&self) -> usize {
        self.inner().waiting.len()
    }

    /// Claims to take now: none while enough wait. With `due`, whoever gets none is told once there is room.
    pub(crate) fn wanted(&self, permits: &Permits, due: bool) -> u32 {
        self.hungry.store(false, Ordering::Release);
        let wanted = self.room(permits, Lead::Steady);
        if wanted > 0 || !due {
            return wanted;
        }
        self.hungry.store(true, Ordering::Release);
        // What was left between the two looks told nobody.
        self.room(permits, Lead::Steady)
    }

    /// Claims that there is room for.
    pub(crate) fn room(&self, permits: &Permits, lead: Lead) -> u32 {
        let inner = self.inner();
        let (waiting, ahead) = (
            inner.waiting.len() as u32,
            inner.pace.ahead(permits.total(), lead),
        );
        if waiting > 0 && waiting > ahead / 2 {
            return 0;
        }
        permits.free().saturating_add(ahead).saturating_sub(waiting)
    }

    /// How many claims have been started in all.
    pub(crate) fn started(&self) -> u64 {
        self.inner().started
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long attempts take.
#[derive(Debug, Default)]
enum Pace {
    #[default]
    Unknown,
    /// Those that were claimed last did not even begin.
    Stuck,
    /// In seconds and in the mean.
    Mean(f64),
}

impl Pace {
    fn count(&mut self, length: Duration) {
        let length = length.as_secs_f64();
        *self = Self::Mean(match self {
            Self::Mean(mean) => *mean + (length - *mean) * WEIGHT,
            Self::Unknown | Self::Stuck => length,
        });
    }

    /// The claims that so many places work off in the time that is claimed ahead.
    fn ahead(&self, places: u32, lead: Lead) -> u32 {
        let mean = match self {
            Self::Mean(mean) => *mean,
            Self::Unknown if lead == Lead::Crowd => FIRST.as_secs_f64(),
            Self::Unknown | Self::Stuck => return 0,
        };
        let of_each = AHEAD.as_secs_f64() / mean.max(1e-6);
        (f64::from(places) * of_each).min(f64::from(lead.most())) as u32
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use wasmtab_domain::{
        ids::{AttemptId, RunId},
        run::{RunPolicy, Shard},
        status::Trigger,
        time::Timestamp,
    };
    use wasmtab_store::conformance::World;

    use super::*;
    use crate::controls::Controls;

    fn paced(lengths: impl IntoIterator<Item = Duration>) -> Pace {
        let mut pace = Pace::default();
        lengths.into_iter().for_each(|length| pace.count(length));
        pace
    }

    #[test]
    fn short_attempts_are_claimed_ahead() {
        assert_eq!(paced([Duration::from_millis(5)]).ahead(64, Lead::Steady), 640);
    }

    #[test]
    fn long_attempts_are_not_claimed_ahead() {
        assert_eq!(paced([Duration::from_secs(10)]).ahead(64, Lead::Steady), 0);
    }

    #[test]
    fn attempts_that_become_long_are_noticed() {
        let lengths = std::iter::repeat_n(Duration::from_millis(1), 1_000).chain([Duration::from_mins(1)]);
        assert!(paced(lengths).ahead(64, Lead::Steady) <= 3);
    }

    #[test]
    fn the_lead_has_a_bound() {
        assert_eq!(
            paced([Duration::ZERO]).ahead(64, Lead::Steady),
            Lead::Steady.most()
        );
    }

    #[test]
    fn claims_that_found_no_place_end_the_lead() {
        let (backlog, permits) = (Backlog::new(), Permits::new(1));
        backlog.took(Duration::from_micros(10));
        assert_eq!(backlog.wanted(&permits, true), 1 + Lead::Steady.most());
        assert!(backlog.take().is_empty());
        assert_eq!(backlog.wanted(&permits, true), 1);
    }

    fn ready(number: i64) -> Ready {
        let claim = Claim {
            attempt_id: AttemptId(number),
            run_id: RunId(number),
            execute_index: 1,
            job_id: None,
            job_name: None,
            timezone: chrono_tz::Tz::UTC,
            handler_name: "handler".into(),
            handler_param: String::new(),
            trigger: Trigger::Call,
            scheduled_at: Timestamp::default(),
            due_at: Timestamp::default(),
            binding: None,
            policy: Arc::new(RunPolicy::from(&World::spec(serde_json::json!({})))),
            shard: Shard { index: 0, count: 1 },
            upstream: None,
        };
        (claim, Controls::default().insert(AttemptId(number)))
    }

    #[test]
    fn what_was_claimed_too_far_ahead_is_given_back_from_the_end() {
        let (backlog, permits) = (Backlog::new(), Permits::new(4));
        backlog.push((0..100).map(ready));
        assert!(backlog.surplus(&permits).is_empty());
        (0..500).for_each(|_| backlog.took(Duration::from_millis(10)));
        let ahead = Pace::Mean(0.01).ahead(4, Lead::Crowd) as usize;
        let back = backlog.surplus(&permits);
        assert!(backlog.len().abs_diff(ahead) <= 1, "{} of {ahead}", backlog.len());
        assert_eq!(back.last().map(|(claim, _)| claim.run_id), Some(RunId(99)));
        (0..500).for_each(|_| backlog.took(Duration::from_mins(1)));
        backlog.surplus(&permits);
        assert_eq!(backlog.len(), 4);
    }

    #[tokio::test]
    async fn nobody_waits_for_calm_where_nothing_surges() {
        let (backlog, permits) = (Backlog::new(), Permits::new(1));
        backlog.surge();
        backlog.calm().await;
        backlog.push([ready(1), ready(2)].into_iter());
        backlog.surge();
        let mut calm = std::pin::pin!(backlog.calm());
        assert!(
            calm.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert!(backlog.pop(&permits).is_some());
        assert!(
            calm.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert!(backlog.pop(&permits).is_some());
        calm.await;
    }

    #[tokio::test(start_paused = true)]
    async fn calm_is_not_waited_for_for_long() {
        let backlog = Backlog::new();
        backlog.push([ready(1)].into_iter());
        backlog.surge();
        let begun = tokio::time::Instant::now();
        backlog.calm().await;
        assert_eq!(begun.elapsed(), LONGEST_SURGE);
        backlog.calm().await;
        assert_eq!(begun.elapsed(), LONGEST_SURGE);
    }

    #[test]
    fn attempts_of_a_crowd_are_thought_to_be_short_until_they_are_known() {
        let (backlog, permits) = (Backlog::new(), Permits::new(2));
        assert_eq!(backlog.room(&permits, Lead::Crowd), 2 + 200);
        assert_eq!(backlog.room(&permits, Lead::Steady), 2);
        backlog.took(Duration::from_mins(1));
        assert_eq!(backlog.room(&permits, Lead::Crowd), 2);
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
}
