//! What is not as it should be, though nothing has failed yet.

use std::time::Duration;

use crate::{interval::Interval, time::Timestamp};

/// A stop comes at the timeout; an attempt that is still there so long after it is stuck.
const PAST_TIMEOUT: Duration = Duration::from_mins(1);
/// A process whose lease ran out so long ago is gone; less may be a busy database.
const PAST_LEASE: Duration = Duration::from_mins(1);
/// A run that is due waits for a place. Longer than this, the places are too few, or nobody claims.
const LONG_WAIT: Duration = Duration::from_mins(5);
/// A wall clock that is further back than this was set back; less is a clock being disciplined.
const SET_BACK: Duration = Duration::from_secs(2);
/// Nothing of this product is older: a clock that is before it was never set.
const EARLIEST: Timestamp = Timestamp::from_secs(1_767_225_600);

/// Whether an attempt that was claimed at `claimed_at` should long have been stopped.
pub fn is_stuck(claimed_at: Timestamp, timeout: Interval, now: Timestamp) -> bool {
    now.since(claimed_at) > timeout.to_duration() + PAST_TIMEOUT
}

/// Whether the process with this lease is gone, so that its attempts are nobody's.
pub fn is_gone(lease_until: Timestamp, now: Timestamp) -> bool {
    now.since(lease_until) > PAST_LEASE
}

/// Whether a run that was due at `due_at` waits for longer than it should.
pub fn waits_long(due_at: Timestamp, now: Timestamp) -> bool {
    now.since(due_at) > LONG_WAIT
}

/// What is wrong with a wall clock that says `now`, where `last_seen` was written before; none where it may be right.
pub fn clock_fault(last_seen: Option<Timestamp>, now: Timestamp) -> Option<String> {
    if now < EARLIEST {
        return Some(format!("it says {now}: it was never set"));
    }
    let last_seen = last_seen.filter(|seen| seen.since(now) > SET_BACK)?;
    Some(format!(
        "it says {now}, and said {last_seen} before: it was set back"
    ))
}

/// How much room is left on a disk, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Enough.
    Enough,
    /// A backup, or a change of the schema, may not find enough.
    Little,
    /// Writes are about to fail.
    Hardly,
}

impl Room {
    /// Bytes below which writes are about to fail.
    const HARDLY: u64 = 64 * 1024 * 1024;
    /// Bytes that should be free besides a copy of the database.
    const SPARE: u64 = 256 * 1024 * 1024;

    /// How `free` bytes stand to a database of `database` bytes.
    pub const fn of(free: u64, database: u64) -> Self {
        if free < Self::HARDLY {
            Self::Hardly
        } else if free < database.saturating_add(Self::SPARE) {
            Self::Little
        } else {
            Self::Enough
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + secs)
    }

    #[test]
    fn an_attempt_may_take_its_time_and_a_little() {
        let timeout = Interval::from_secs(30);
        assert!(!is_stuck(at(0), timeout, at(90)));
        assert!(is_stuck(at(0), timeout, at(91)));
        assert!(!is_stuck(at(0), timeout, at(-100)));
    }

    #[test]
    fn a_lease_that_just_ran_out_says_nothing() {
        assert!(!is_gone(at(0), at(60)));
        assert!(is_gone(at(0), at(61)));
        assert!(waits_long(at(0), at(301)) && !waits_long(at(0), at(300)));
    }

    #[test]
    fn a_clock_must_not_go_back() {
        assert_eq!(clock_fault(None, at(0)), None);
        assert_eq!(clock_fault(Some(at(2)), at(0)), None);
        assert!(clock_fault(Some(at(3)), at(0)).unwrap().contains("set back"));
        assert!(
            clock_fault(None, Timestamp::from_secs(1))
                .unwrap()
                .contains("never set")
        );
    }

    #[test]
    fn a_copy_of_the_database_should_find_room() {
        const GIB: u64 = 1024 * 1024 * 1024;
        assert_eq!(Room::of(10 * GIB, GIB), Room::Enough);
        assert_eq!(Room::of(GIB, GIB), Room::Little);
        assert_eq!(Room::of(1_000_000, GIB), Room::Hardly);
        assert_eq!(Room::of(u64::MAX, u64::MAX), Room::Enough);
    }
}
