//! Next and previous fire: local matches carried over clock changes.
//!
//! A schedule at fixed times fires at the first instant at which the clock shows the time or a later one. That
//! one sentence gives the end of the gap, the first pass of a repeated hour, and an order that local times and
//! fires share, so that the search never needs a case for either. A schedule with a wildcard or an open step
//! in minute or hour fires at every instant whose local time matches; its search goes from change to change.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::schedule::Schedule;
use crate::zone::{APART, FURTHEST, LARGEST_CHANGE, change_between, first_reach, furthest_local, offset};

/// A stretch in which at most one clock change lies, and longer than any change together with the distance
/// between two offsets.
const STRETCH: i64 = 48 * 3600;

impl Schedule {
    /// The first fire strictly after `after`, or none within the years that are searched (to 9999; quartz to 2199).
    ///
    /// It depends on the schedule, the zone and the instant alone. The work is bounded: well under 1 ms.
    pub fn next_after(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = after.timestamp();
        let fire = if self.flags.every_instant() {
            self.next_instant(zone, after + 1)?
        } else {
            self.next_planned(zone, after)?
        };
        DateTime::from_timestamp(fire, 0)
    }

    /// The last fire strictly before `before`: the mirror of [`Schedule::next_after`], over the same fires.
    pub fn prev_before(&self, zone: Tz, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = before.timestamp() - i64::from(before.timestamp_subsec_nanos() == 0);
        let fire = if self.flags.every_instant() {
            self.last_instant(zone, until)?
        } else {
            first_reach(zone, self.match_until(furthest_local(zone, until))?)
        };
        DateTime::from_timestamp(fire, 0)
    }

    /// The first fire after `after` at fixed times.
    fn next_planned(&self, zone: Tz, after: i64) -> Option<i64> {
        // Most fires are near and no clock changes on the way; that takes two looks at the zone.
        let since = after - LARGEST_CHANGE;
        let here = offset(zone, since);
        if let Some(local) = self.match_from(after + here + 1)
            && local + FURTHEST - since <= APART
            && offset(zone, local + FURTHEST) == here
        {
            return Some(local - here);
        }
        Some(first_reach(
            zone,
            self.match_from(furthest_local(zone, after) + 1)?,
        ))
    }

    /// The first instant at or after `from` whose local time matches.
    fn next_instant(&self, zone: Tz, mut from: i64) -> Option<i64> {
        loop {
            let here = offset(zone, from);
            let fire = self.match_from(from + here)? - here;
            let end = fire.min(from + STRETCH);
            match change_between(zone, (from, here), (end, offset(zone, end))) {
                Some(change) if fire < change.at => return Some(fire),
                Some(change) => from = change.at,
                None if end == fire => return Some(fire),
                // Nothing matches before `fire` on this clock; another one can differ by less than a stretch.
                None => from = end.max(fire - STRETCH),
            }
        }
    }

    /// The last instant at or before `until` whose local time matches.
    fn last_instant(&self, zone: Tz, mut until: i64) -> Option<i64> {
        loop {
            let here = offset(zone, until);
            let fire = self.match_until(until + here)? - here;
            let begin = fire.max(until - STRETCH);
            match change_between(zone, (begin, offset(zone, begin)), (until, here)) {
                Some(change) if fire >= change.at => return Some(fire),
                Some(change) => until = change.at - 1,
                None if begin == fire => return Some(fire),
                None => until = begin.min(fire + STRETCH),
            }
        }
    }
}
