//! A zone as offsets over time. Nothing is cached: an offset is one binary search in chrono-tz's tables.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// No clock is further from UTC than this, nor was before standard time (16 h at the date line).
pub(crate) const FURTHEST: i64 = 16 * 3600;

/// The largest change there was is 24 h (a change of sides at the date line); within this span of a change,
/// local times may come twice or be missing.
pub(crate) const LARGEST_CHANGE: i64 = 25 * 3600;

/// Seconds to add to UTC at the instant `at` (seconds since the epoch).
pub(crate) fn offset(zone: Tz, at: i64) -> i64 {
    DateTime::from_timestamp(at, 0).map_or(0, |utc| {
        zone.offset_from_utc_datetime(&utc.naive_utc())
            .fix()
            .local_minus_utc()
            .into()
    })
}

/// The first instant at which the clock of `zone` shows `local` or a later time: its first pass where it comes twice, the
/// end of the gap where it never comes. A schedule at fixed times fires by the same rule.
pub fn first_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let at = first_reach(zone, local.and_utc().timestamp());
    DateTime::from_timestamp(at, local.and_utc().timestamp_subsec_nanos()).unwrap_or_else(|| local.and_utc())
}

/// A clock change: from the instant `at` the clock is at `after` instead of `before`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) at: i64,
    pub(crate) before: i64,
    pub(crate) after: i64,
}

/// Changes of one zone are further apart than this, so that equal offsets at both ends mean one offset throughout.
pub(crate) const APART: i64 = 72 * 3600;

/// The change within `(from, to]`, given as instants with their offsets, at most [`APART`].
pub(crate) fn change_between(
    zone: Tz,
    (from, before): (i64, i64),
    (to, after): (i64, i64),
) -> Option<Change> {
    (before != after).then(|| locate(zone, from, to, before, after))
}

#[cold]
fn locate(zone: Tz, from: i64, to: i64, before: i64, after: i64) -> Change {
    let (mut low, mut high) = (from, to);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, middle) == before {
            low = middle;
        } else {
            high = middle;
        }
    }
    Change {
        at: high,
        before,
        after,
    }
}

/// The furthest that the local clock had got by `at`, as local seconds: in the second pass of a repeated
/// hour that is the end of the first.
pub(crate) fn furthest_local(zone: Tz, at: i64) -> i64 {
    let now = offset(zone, at);
    let before = offset(zone, at - LARGEST_CHANGE);
    if now >= before {
        return at + now;
    }
    let change = locate(zone, at - LARGEST_CHANGE, at, before, now);
    (at + now).max(change.at - 1 + before)
}

/// The first instant at which the clock shows `local` or later: the instant itself, its first pass where it
/// comes twice, the end of the gap where it never comes.
pub(crate) fn first_reach(zone: Tz, local: i64) -> i64 {
    let (from, to) = (local - FURTHEST, local + FURTHEST);
    let before = offset(zone, from);
    match change_between(zone, (from, before), (to, offset(zone, to))) {
        None => local - before,
        Some(change) if local - change.before < change.at => local - change.before,
        Some(change) => (local - change.after).max(change.at),
    }
}
