//! When cron fires: its clock is the local one, and after a change of less than three hours it catches up what has fixed times.

use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::Entry;

/// Days that are looked at: the 29th of February on one weekday comes at least every 40 years.
const MOST_DAYS: usize = 41 * 366;
/// Cron takes a larger change for a correction of the clock and catches nothing up.
const LARGEST_CATCH_UP: TimeDelta = TimeDelta::hours(3);

impl Entry {
    /// The fires strictly after `after`. Cron runs an entry once for each of its times in a gap, all of them at the gap's
    /// end, so an instant may be there several times.
    pub(crate) fn fires_after(
        &self,
        zone: Tz,
        after: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        // The second pass of a repeated hour can belong to the day before.
        let first = after
            .with_timezone(&zone)
            .date_naive()
            .checked_sub_days(Days::new(1));
        first
            .into_iter()
            .flat_map(|first| first.iter_days().take(MOST_DAYS))
            .filter(|date| self.matches(*date))
            .flat_map(move |date| {
                let mut fires = Vec::new();
                self.fires_of(zone, date, |fire| fires.push(fire));
                fires.sort_unstable();
                fires
            })
            .filter(move |fire| *fire > after)
    }

    fn matches(&self, date: NaiveDate) -> bool {
        let day = self.days >> date.day() & 1 == 1;
        let weekday = self.weekdays >> date.weekday().num_days_from_sunday() & 1 == 1;
        let days = if self.both_days {
            day && weekday
        } else {
            day || weekday
        };
        days && self.months >> date.month() & 1 == 1
    }

    fn fires_of(&self, zone: Tz, date: NaiveDate, mut add: impl FnMut(DateTime<Utc>)) {
        for hour in (0..24).filter(|hour| self.hours >> hour & 1 == 1) {
            for minute in (0..60).filter(|minute| self.minutes >> minute & 1 == 1) {
                let Some(local) = date.and_hms_opt(hour, minute, 0) else {
                    continue;
                };
                match zone.from_local_datetime(&local) {
                    MappedLocalTime::Single(fire) => add(fire.to_utc()),
                    MappedLocalTime::Ambiguous(one, other) => {
                        let (first, second) = (one.min(other).to_utc(), one.max(other).to_utc());
                        add(first);
                        if self.wildcard {
                            add(second);
                        }
                    }
                    MappedLocalTime::None if self.wildcard => {}
                    MappedLocalTime::None => {
                        if let Some(fire) = gap_end(zone, local) {
                            add(fire);
                        }
                    }
                }
            }
        }
    }
}

/// The first minute after the gap that `skipped` lies in, where the gap is short enough to be caught up.
fn gap_end(zone: Tz, skipped: NaiveDateTime) -> Option<DateTime<Utc>> {
    let mut length = TimeDelta::zero();
    while length <= LARGEST_CATCH_UP {
        length += TimeDelta::minutes(1);
        if let Some(fire) = zone.from_local_datetime(&(skipped + length)).earliest() {
            return Some(fire.to_utc());
        }
    }
    None
}
