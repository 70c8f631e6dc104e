//! What both systems do where the clock changes: that is where they differ most.

use std::time::Duration;

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use wasmtab_domain::{job::Schedule, time::Timestamp};

use crate::old::OldSchedule;

/// How far ahead clock changes are looked at.
const AHEAD: Duration = Duration::from_hours(24 * 366);
/// No zone changes its clock twice within this time.
const STEP: Duration = Duration::from_hours(12);
/// Fires of one system around one change that are looked at: an hour of seconds, twice, and some.
const MOST_FIRES: usize = 8_000;
/// Fires that a sentence names.
const SHOWN: usize = 3;

/// The clock of a zone is set forward or back.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockChange {
    at: Timestamp,
    /// Seconds; positive where the clock goes forward.
    by: i64,
}

/// The changes within a year.
pub(super) fn within_a_year(zone: Tz, after: Timestamp) -> Vec<ClockChange> {
    let end = after.plus(AHEAD);
    let mut changes = Vec::new();
    let mut from = after;
    while from < end {
        let to = from.plus(STEP);
        let by = offset(zone, to) - offset(zone, from);
        if by != 0 {
            changes.push(ClockChange {
                at: locate(zone, from, to),
                by,
            });
        }
        from = to;
    }
    changes
}

impl ClockChange {
    /// A sentence about what differs around it, if anything does.
    pub(super) fn difference(
        self,
        old: &OldSchedule,
        ours: &Schedule,
        zone: Tz,
        system: &str,
    ) -> Option<String> {
        let reach = Duration::from_secs(self.by.unsigned_abs() + 60);
        let (from, to) = (self.at.minus(reach), self.at.plus(reach));
        let within = |fires: &mut dyn Iterator<Item = Timestamp>| -> Vec<Timestamp> {
            fires.take(MOST_FIRES).take_while(|fire| *fire < to).collect()
        };
        let old = within(&mut old.fires_after(zone, from.to_chrono())?.map(Timestamp::from));
        let new = within(&mut ours.fires_after(from));
        if old == new {
            return None;
        }
        let only = |these: &[Timestamp], those: &[Timestamp]| -> Vec<Timestamp> {
            these
                .iter()
                .filter(|fire| those.binary_search(fire).is_err())
                .copied()
                .collect()
        };
        let (only_old, only_new) = (only(&old, &new), only(&new, &old));
        let mut parts = Vec::new();
        if !only_old.is_empty() {
            parts.push(format!(
                "{system} fires at {}, wasmtab does not",
                shown(&only_old, zone)
            ));
        }
        if !only_new.is_empty() {
            parts.push(format!(
                "wasmtab fires at {}, {system} does not",
                shown(&only_new, zone)
            ));
        }
        if parts.is_empty() {
            // The same instants: one of them several times.
            parts.push(format!(
                "{system} fires {} times, wasmtab {}",
                old.len(),
                new.len()
            ));
        }
        Some(format!(
            "clock change of {}: {}",
            self.at.in_zone(zone),
            parts.join("; ")
        ))
    }
}

fn shown(fires: &[Timestamp], zone: Tz) -> String {
    let mut shown: Vec<String> = fires.iter().take(SHOWN).map(|fire| fire.in_zone(zone)).collect();
    if fires.len() > SHOWN {
        shown.push(format!("{} more", fires.len() - SHOWN));
    }
    shown.join(", ")
}

fn offset(zone: Tz, at: Timestamp) -> i64 {
    let at: DateTime<Utc> = at.to_chrono();
    zone.offset_from_utc_datetime(&at.naive_utc())
        .fix()
        .local_minus_utc()
        .into()
}

/// The first instant within `(from, to]` that has the offset of `to`.
fn locate(zone: Tz, from: Timestamp, to: Timestamp) -> Timestamp {
    let before = offset(zone, from);
    let (mut low, mut high) = (from.as_micros() / 1_000_000, to.as_micros() / 1_000_000 + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, Timestamp::from_secs(middle)) == before {
            low = middle;
        } else {
            high = middle;
        }
    }
    Timestamp::from_secs(high)
}
