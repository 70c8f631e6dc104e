//! When Quartz fires: the next matching local time that the clock shows, in the second pass where it shows it twice.

use chrono::{
    DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

use super::{Days, Expression, MonthDays};

/// Quartz gives up on years further ahead.
const YEARS_AHEAD: i32 = 100;
/// Minutes of the longest gap there ever was: a day (a change of sides at the date line).
const LONGEST_GAP: i64 = 24 * 60;

impl Expression {
    /// The first fire strictly after `after`.
    pub(crate) fn next_after(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = DateTime::from_timestamp(after.timestamp() + 1, 0)?;
        let mut from = after.with_timezone(&zone).naive_local();
        let last_year = from.year() + YEARS_AHEAD;
        loop {
            let local = self.match_from(from, last_year)?;
            match zone.from_local_datetime(&local) {
                MappedLocalTime::Single(fire) => return Some(fire.to_utc()),
                MappedLocalTime::Ambiguous(one, other) => return Some(one.max(other).to_utc()),
                MappedLocalTime::None => from = after_gap(zone, local)?,
            }
        }
    }

    /// The first local time at or after `from` that matches, whether or not the clock shows it.
    fn match_from(&self, from: NaiveDateTime, last_year: i32) -> Option<NaiveDateTime> {
        let mut date = from.date();
        let mut since = seconds_of(from);
        loop {
            if date.year() > last_year {
                return None;
            }
            if !self
                .years
                .as_ref()
                .is_none_or(|years| years.contains(&date.year()))
            {
                let year = self.years.as_ref()?.range(date.year()..).next()?;
                (date, since) = (NaiveDate::from_ymd_opt(*year, 1, 1)?, 0);
            } else if self.months >> date.month() & 1 == 0 {
                (date, since) = (first_of_next_month(date)?, 0);
            } else {
                if self.days.of(date)
                    && let Some(second) = self.time_from(since)
                {
                    return Some(
                        date.and_time(chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?),
                    );
                }
                (date, since) = (date.succ_opt()?, 0);
            }
        }
    }

    /// The first matching second of a day at or after `since`.
    fn time_from(&self, since: u32) -> Option<u32> {
        let (hour, minute, second) = (since / 3_600, since / 60 % 60, since % 60);
        for h in (hour..24).filter(|h| self.hours >> h & 1 == 1) {
            let first_minute = if h == hour { minute } else { 0 };
            for m in (first_minute..60).filter(|m| self.minutes >> m & 1 == 1) {
                let first_second = if (h, m) == (hour, minute) { second } else { 0 };
                if let Some(s) = (first_second..60).find(|s| self.seconds >> s & 1 == 1) {
                    return Some(h * 3_600 + m * 60 + s);
                }
            }
        }
        None
    }
}

impl Days {
    fn of(&self, date: NaiveDate) -> bool {
        let weekday = date.weekday().number_from_sunday();
        let last = last_of_month(date);
        match self {
            Self::Month(days) => days.of(date, last),
            Self::Week(mask) => mask >> weekday & 1 == 1,
            Self::LastWeekday(day) => u32::from(*day) == weekday && date.day() + 7 > last,
            Self::NthWeekday(day, nth) => {
                u32::from(*day) == weekday && (date.day() - 1) / 7 + 1 == u32::from(*nth)
            }
        }
    }
}

impl MonthDays {
    fn of(&self, date: NaiveDate, last: u32) -> bool {
        let bits = |mask: u32| (0..32_u32).filter(move |bit| mask >> bit & 1 == 1);
        self.plain >> date.day() & 1 == 1
            || bits(self.last).any(|offset| last.checked_sub(offset) == Some(date.day()))
            || bits(self.near).any(|day| day <= last && workday_near(date, day, last) == Some(date.day()))
            || bits(self.near_last).any(|offset| {
                last.checked_sub(offset)
                    .filter(|day| *day > 0)
                    .and_then(|day| workday_near(date, day, last))
                    == Some(date.day())
            })
    }
}

/// The workday nearest to `day` in the month of `date`.
fn workday_near(date: NaiveDate, day: u32, last: u32) -> Option<u32> {
    Some(match date.with_day(day)?.weekday() {
        Weekday::Sat if day == 1 => 3,
        Weekday::Sat => day - 1,
        Weekday::Sun if day == last => day - 2,
        Weekday::Sun => day + 1,
        _ => day,
    })
}

fn last_of_month(date: NaiveDate) -> u32 {
    first_of_next_month(date)
        .and_then(|first| first.pred_opt())
        .map_or(31, |last| last.day())
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year() + 1, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    }
}

fn seconds_of(local: NaiveDateTime) -> u32 {
    use chrono::Timelike;
    local.num_seconds_from_midnight()
}

/// The first whole minute that the clock shows after a time that it skips.
fn after_gap(zone: Tz, skipped: NaiveDateTime) -> Option<NaiveDateTime> {
    let minute = skipped - TimeDelta::seconds(i64::from(seconds_of(skipped) % 60));
    (1..=LONGEST_GAP)
        .map(|minutes| minute + TimeDelta::minutes(minutes))
        .find(|local| !matches!(zone.from_local_datetime(local), MappedLocalTime::None))
}
