//! The search in local time, where every day has 86,400 seconds. Instants here are seconds since
//! 1970-01-01T00:00:00 on the local clock.

use chrono::{DateTime, Datelike};

use crate::calendar::{FIRST_YEAR, LAST_YEAR, Month};
use crate::schedule::{FIRST_QUARTZ_YEAR, LAST_QUARTZ_YEAR, Rest, Schedule};

const DAY: i64 = 86_400;

/// The first and the last second that are searched: the years 1 and 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

impl Schedule {
    /// The first matching local time at or after `from`.
    pub(crate) fn match_from(&self, from: i64) -> Option<i64> {
        let (mut year, mut month, day, mut second) = civil(from.max(FIRST))?;
        let (first, last) = self.years();
        if year > last {
            return None;
        }
        // The bits of the days still to be looked at.
        let mut open = u32::MAX << day;
        if year < first {
            (year, month, open, second) = (first, 1, u32::MAX, 0);
        }
        loop {
            if !self.has_year(year) || self.months >> month == 0 {
                (year, month, open) = (year + 1, 1, u32::MAX);
            } else {
                if self.months >> month & 1 == 0 {
                    month += u32::from(self.months >> month).trailing_zeros();
                    open = u32::MAX;
                }
                let here = Month::new(year, month)?;
                let days = self.days_of(here) & open;
                if days != 0 {
                    let day = days.trailing_zeros();
                    // Only the day that the search began on has a time already behind it.
                    let today = here.epoch_day + i64::from(day) - 1;
                    let since = if today == from.div_euclid(DAY) { second } else { 0 };
                    if let Some(time) = self.time_from(since) {
                        return Some(today * DAY + i64::from(time));
                    }
                    let later = days & (days - 1);
                    if later != 0 {
                        let today = here.epoch_day + i64::from(later.trailing_zeros()) - 1;
                        return Some(today * DAY + i64::from(self.first_time()));
                    }
                }
                month += 1;
                open = u32::MAX;
                if month > 12 {
                    (year, month) = (year + 1, 1);
                }
            }
            if year > last {
                return None;
            }
        }
    }

    /// The last matching local time at or before `until`.
    pub(crate) fn match_until(&self, until: i64) -> Option<i64> {
        let (mut year, mut month, day, mut second) = civil(until.min(LAST))?;
        let (first, last) = self.years();
        if year < first {
            return None;
        }
        let mut open = u32::MAX >> (31 - day);
        if year > last {
            (year, month, open, second) = (last, 12, u32::MAX, DAY as u32 - 1);
        }
        loop {
            let reached = self.months & (u16::MAX >> (15 - month));
            if !self.has_year(year) || reached == 0 {
                (year, month, open) = (year - 1, 12, u32::MAX);
            } else {
                let newest = reached.ilog2();
                if newest != month {
                    (month, open) = (newest, u32::MAX);
                }
                let here = Month::new(year, month)?;
                let days = self.days_of(here) & open;
                if days != 0 {
                    let day = days.ilog2();
                    let today = here.epoch_day + i64::from(day) - 1;
                    let by = if today == until.div_euclid(DAY) {
                        second
                    } else {
                        DAY as u32 - 1
                    };
                    if let Some(time) = self.time_until(by) {
                        return Some(today * DAY + i64::from(time));
                    }
                    let earlier = days & !(1 << day);
                    if earlier != 0 {
                        let today = here.epoch_day + i64::from(earlier.ilog2()) - 1;
                        return Some(today * DAY + i64::from(self.last_time()));
                    }
                }
                open = u32::MAX;
                month -= 1;
                if month == 0 {
                    (year, month) = (year - 1, 12);
                }
            }
            if year < first {
                return None;
            }
        }
    }

    /// The years that can hold a fire at all, to end a search early.
    fn years(&self) -> (i32, i32) {
        match self.rest {
            Rest::Unix { .. } => (FIRST_YEAR, LAST_YEAR),
            Rest::Quartz { .. } => (FIRST_QUARTZ_YEAR, LAST_QUARTZ_YEAR),
        }
    }

    fn first_time(&self) -> u32 {
        self.hours.trailing_zeros() * 3600
            + self.minutes.trailing_zeros() * 60
            + self.seconds.trailing_zeros()
    }

    fn last_time(&self) -> u32 {
        self.hours.ilog2() * 3600 + self.minutes.ilog2() * 60 + self.seconds.ilog2()
    }

    /// The first matching second of a day at or after `second`.
    fn time_from(&self, second: u32) -> Option<u32> {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1 {
                let seconds = self.seconds >> second;
                if seconds != 0 {
                    return Some(hour * 3600 + minute * 60 + second + seconds.trailing_zeros());
                }
            }
            let minutes = self.minutes & u64::MAX << (minute + 1);
            if minutes != 0 {
                return Some(hour * 3600 + minutes.trailing_zeros() * 60 + self.seconds.trailing_zeros());
            }
        }
        let hours = self.hours & u32::MAX << (hour + 1);
        (hours != 0).then(|| {
            hours.trailing_zeros() * 3600 + self.minutes.trailing_zeros() * 60 + self.seconds.trailing_zeros()
        })
    }

    /// The last matching second of a day at or before `second`.
    fn time_until(&self, second: u32) -> Option<u32> {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1 {
                let seconds = self.seconds & u64::MAX >> (63 - second);
                if seconds != 0 {
                    return Some(hour * 3600 + minute * 60 + seconds.ilog2());
                }
            }
            let minutes = self.minutes & !(u64::MAX << minute);
            if minutes != 0 {
                return Some(hour * 3600 + minutes.ilog2() * 60 + self.seconds.ilog2());
            }
        }
        let hours = self.hours & !(u32::MAX << hour);
        (hours != 0).then(|| hours.ilog2() * 3600 + self.minutes.ilog2() * 60 + self.seconds.ilog2())
    }
}

/// Year, month, day and second of the day, if chrono can tell them.
fn civil(local: i64) -> Option<(i32, u32, u32, u32)> {
    let date = DateTime::from_timestamp(local, 0)?.date_naive();
    Some((
        date.year(),
        date.month(),
        date.day(),
        local.rem_euclid(DAY) as u32,
    ))
}
