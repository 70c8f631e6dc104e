//! What may go from the log, and when.

use std::time::Duration;

use crate::{status::AttemptStatus, time::Timestamp};

crate::status::words! {
    /// What a row of the log tells of, as far as its keeping goes.
    Kind {
        /// A run that succeeded.
        Success = "success",
        /// A run that ended in any other way.
        Failure = "failure",
        /// Fires that were decided not to run.
        Skipped = "skipped",
    }
}

impl Kind {
    /// What a run or a row that ended so tells of.
    pub const fn of(status: AttemptStatus) -> Self {
        match status {
            AttemptStatus::Success => Self::Success,
            AttemptStatus::Skipped => Self::Skipped,
            _ => Self::Failure,
        }
    }
}

/// How much of the log is kept. A run goes as a whole, all its attempts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How long runs that succeeded are kept after their end.
    pub successes: Duration,
    /// How long runs that ended in another way are kept.
    pub failures: Duration,
    /// How long skipped fires are kept.
    pub skipped: Duration,
    /// How many ended runs a job keeps at most, and apart from them how many rows of skipped fires; none: as many as age
    /// leaves.
    pub count: Option<u32>,
}

impl Retention {
    /// Everything for one length of time.
    pub const fn all(length: Duration) -> Self {
        Self {
            successes: length,
            failures: length,
            skipped: length,
            count: None,
        }
    }

    /// How long rows of this kind are kept.
    pub const fn length(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Success => self.successes,
            Kind::Failure => self.failures,
            Kind::Skipped => self.skipped,
        }
    }

    /// What ended at or before this instant has been kept long enough at `now`.
    pub fn horizon(&self, kind: Kind, now: Timestamp) -> Timestamp {
        now.minus(self.length(kind))
    }

    /// Whether what ended at `ended_at` may go.
    pub fn has_expired(&self, kind: Kind, ended_at: Timestamp, now: Timestamp) -> bool {
        ended_at <= self.horizon(kind, now)
    }

    /// What a job has too many of, given what it has of one sort, newest first.
    pub fn surplus<'a, T>(&self, newest_first: &'a [T]) -> &'a [T] {
        let count = self.count.map_or(usize::MAX, |count| count as usize);
        newest_first.get(count..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(100 * 86_400);

    fn days(days: u64) -> Duration {
        Duration::from_secs(days * 86_400)
    }

    #[test]
    fn each_kind_is_kept_for_its_own_time() {
        let retention = Retention {
            failures: days(90),
            skipped: days(1),
            ..Retention::all(days(14))
        };
        for (status, kept) in [
            (AttemptStatus::Success, 14),
            (AttemptStatus::Failure, 90),
            (AttemptStatus::Timeout, 90),
            (AttemptStatus::Cancelled, 90),
            (AttemptStatus::Abandoned, 90),
            (AttemptStatus::Skipped, 1),
        ] {
            let kind = Kind::of(status);
            let ended = NOW.minus(days(kept));
            assert!(retention.has_expired(kind, ended, NOW), "{status}");
            let later = ended.plus(Duration::from_micros(1));
            assert!(!retention.has_expired(kind, later, NOW), "{status}");
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let mut retention = Retention::all(days(1));
        assert!(retention.surplus(&[3, 2, 1]).is_empty());
        for (count, surplus) in [(0, &[3, 2, 1][..]), (2, &[1]), (3, &[]), (4, &[])] {
            retention.count = Some(count);
            assert_eq!(retention.surplus(&[3, 2, 1]), surplus);
        }
    }
}
