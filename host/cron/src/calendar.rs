//! Which days of a month a schedule names.

use chrono::{Datelike, NaiveDate};

use crate::schedule::{FIRST_QUARTZ_YEAR, LAST_NTH, LAST_QUARTZ_YEAR, NO_OFFSET, Schedule};

/// Local years that are searched: what RFC 3339 can write.
pub(crate) const FIRST_YEAR: i32 = 1;
pub(crate) const LAST_YEAR: i32 = 9999;

/// Ones a week apart: times a week's pattern gives the month's.
const WEEKLY: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

const SATURDAY: u32 = 6;
const SUNDAY: u32 = 0;

/// One month of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Month {
    length: u32,
    /// The weekday of the 1st, 0 is Sunday.
    starts_on: u32,
    /// Days from 1970-01-01 to the 1st.
    pub(crate) epoch_day: i64,
}

impl Month {
    /// The month, if `year` is one that is searched.
    pub(crate) fn new(year: i32, month: u32) -> Option<Self> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return None;
        }
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        Some(Self {
            length,
            starts_on: first.weekday().num_days_from_sunday(),
            epoch_day: i64::from(first.to_epoch_days()),
        })
    }

    /// The workday nearest to `day`, never in another month.
    fn nearest_workday(self, day: u32) -> u32 {
        match (self.starts_on + day - 1) % 7 {
            SATURDAY if day == 1 => 3,
            SATURDAY => day - 1,
            SUNDAY if day == self.length => day - 2,
            SUNDAY => day + 1,
            _ => day,
        }
    }

    /// A set of weekdays (bit 0 is Sunday) as the first seven days of this month, bit 0 is the 1st.
    fn first_week(self, weekdays: u8) -> u64 {
        let doubled = u64::from(weekdays) | u64::from(weekdays) << 7;
        doubled >> self.starts_on & 0x7f
    }

    /// Bits 1 to the month's length.
    fn all(self) -> u32 {
        u32::MAX >> (31 - self.length) & !1
    }
}

impl Schedule {
    /// The days of `month` that match the day fields, bits 1 to 31.
    pub(crate) fn days_of(&self, month: Month) -> u32 {
        let plain = self.flags.both_days() && self.any_day();
        if plain && self.any_weekday() {
            return month.all();
        }
        if plain {
            return self.days_by_weekday(month);
        }
        let by_day = self.days_by_number(month);
        if self.flags.both_days() && self.any_weekday() {
            by_day
        } else if self.flags.both_days() {
            by_day & self.days_by_weekday(month)
        } else {
            by_day | self.days_by_weekday(month)
        }
    }

    fn days_by_number(&self, month: Month) -> u32 {
        let mut days = self.days & month.all();
        if self.last != NO_OFFSET && u32::from(self.last) < month.length {
            days |= 1 << (month.length - u32::from(self.last));
        }
        if self.last_workday != NO_OFFSET && u32::from(self.last_workday) < month.length {
            days |= 1 << month.nearest_workday(month.length - u32::from(self.last_workday));
        }
        let mut near = self.near() & month.all();
        while near != 0 {
            days |= 1 << month.nearest_workday(near.trailing_zeros());
            near &= near - 1;
        }
        days
    }

    fn days_by_weekday(&self, month: Month) -> u32 {
        let mut days = month.first_week(self.weekdays) * WEEKLY;
        let nth = self.nth();
        if nth != [0; 6] {
            for (weeks, &weekdays) in nth.iter().take(LAST_NTH - 1).enumerate() {
                days |= month.first_week(weekdays) << (7 * weeks);
            }
            // Bit 0 is the 1st here, so the last seven days begin at length - 7.
            days |= (month.first_week(nth[LAST_NTH - 1]) * WEEKLY) & (0x7f << (month.length - 7));
        }
        (days << 1) as u32 & month.all()
    }

    /// Whether any day at all matches. The Gregorian calendar has 14 kinds of years, and 28 years in a row
    /// (without a century that is not a leap year) hold all of them.
    pub(crate) fn ever_fires(&self) -> bool {
        let years = if self.limits_years() {
            FIRST_QUARTZ_YEAR..=LAST_QUARTZ_YEAR
        } else {
            2000..=2027
        };
        years.filter(|&year| self.has_year(year)).any(|year| {
            (1..=12)
                .filter(|month| self.months >> month & 1 == 1)
                .filter_map(|month| Month::new(year, month))
                .any(|month| self.days_of(month) != 0)
        })
    }
}
