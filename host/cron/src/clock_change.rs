//! Tells which fires owe their instant to a clock change, so that previews can say so.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::schedule::Schedule;
use crate::zone::{LARGEST_CHANGE, offset};

/// What a clock change did to a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClockChange {
    /// The planned local time is skipped on that day; the fire is at the first instant after the gap.
    Gap,
    /// The local time comes twice on that day. A schedule at fixed times fires in the first pass only, one with a
    /// wildcard or an open step in minute or hour in both.
    Repeated,
}

impl Schedule {
    /// How `fire`, a fire of this schedule in `zone`, is touched by a clock change; none on all other days.
    pub fn clock_change(&self, zone: Tz, fire: DateTime<Utc>) -> Option<ClockChange> {
        let fire = fire.timestamp();
        let here = offset(zone, fire);
        let local = fire + here;
        let before = offset(zone, fire - 1);
        if before < here && !self.flags.every_instant() {
            // The clock went from `fire + before` straight to `local`.
            let planned = self.match_until(local - 1);
            if planned.is_some_and(|planned| planned >= fire + before) {
                return Some(ClockChange::Gap);
            }
        }
        let shows_again = |other: i64| {
            let there = local - other;
            there != fire && offset(zone, there) == other
        };
        (shows_again(offset(zone, fire - LARGEST_CHANGE)) || shows_again(offset(zone, fire + LARGEST_CHANGE)))
            .then_some(ClockChange::Repeated)
    }
}
