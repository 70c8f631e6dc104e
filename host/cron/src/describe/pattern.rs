//! What both languages ask of a schedule's bit sets.

use crate::schedule::{ALL_WEEKDAYS, FIRST_QUARTZ_YEAR, LAST_QUARTZ_YEAR, Schedule};

/// More times a day than this are told by field, not one by one.
const MOST_TIMES: usize = 6;

/// The shape of a set of values.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Every value of the field.
    All,
    /// Every `step` from `first` on to the field's end.
    Step { first: u32, step: u32 },
    /// Runs of neighbouring values, in order; a single value is a run of one.
    Runs(Vec<(u32, u32)>),
}

/// Looks at `set` as values of a field that goes from `min` to `max`.
pub(super) fn shape(set: u64, min: u32, max: u32) -> Shape {
    let values = values(set);
    if values.len() as u32 == max - min + 1 {
        return Shape::All;
    }
    if let [first, second, third, ..] = values[..] {
        let step = second - first;
        let even = values.windows(2).all(|pair| pair[1] - pair[0] == step);
        if step > 1 && even && third <= max && first < min + step && values[values.len() - 1] + step > max {
            return Shape::Step { first, step };
        }
    }
    // Halves (0 and 30, 0 and 12) read better as a step too.
    if let [first, second] = values[..]
        && first == min
        && min == 0
        && second * 2 == max + 1
    {
        return Shape::Step { first, step: second };
    }
    Shape::Runs(runs(&values))
}

pub(super) fn values(set: u64) -> Vec<u32> {
    (0..64).filter(|bit| set >> bit & 1 == 1).collect()
}

/// Joins neighbours: 1, 2, 3, 5 gives 1 to 3 and 5 to 5.
pub(super) fn runs(values: &[u32]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &value in values {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == value => *end = value,
            _ => runs.push((value, value)),
        }
    }
    runs
}

/// The runs of two taken apart: "1 and 2" reads better than "1 to 2".
pub(super) fn readable(runs: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    for &(from, to) in runs {
        if to == from + 1 {
            out.extend([(from, from), (to, to)]);
        } else {
            out.push((from, to));
        }
    }
    out
}

/// Weekdays from Monday on: bits 1 to 7, with Sunday last.
pub(super) fn from_monday(weekdays: u8) -> u64 {
    u64::from(weekdays & 0x7e) | u64::from(weekdays & 1) << 7
}

impl Schedule {
    /// The times of day, where they are few enough to be listed.
    pub(super) fn times(&self) -> Option<Vec<String>> {
        let count = self.hours.count_ones() * self.minutes.count_ones() * self.seconds.count_ones();
        if count as usize > MOST_TIMES {
            return None;
        }
        let mut times = Vec::new();
        for hour in values(self.hours.into()) {
            for minute in values(self.minutes) {
                for second in values(self.seconds) {
                    times.push(if self.seconds == 1 {
                        format!("{hour:02}:{minute:02}")
                    } else {
                        format!("{hour:02}:{minute:02}:{second:02}")
                    });
                }
            }
        }
        Some(times)
    }

    /// Whether the day-of-month field narrows anything.
    pub(super) fn names_days(&self) -> bool {
        !self.any_day()
    }

    /// Whether the day-of-week field narrows anything.
    pub(super) fn names_weekdays(&self) -> bool {
        self.weekdays != ALL_WEEKDAYS
    }

    /// The years asked for, as runs, if not all.
    pub(super) fn year_runs(&self) -> Option<Vec<(u32, u32)>> {
        self.limits_years().then(|| {
            let years: Vec<u32> = (FIRST_QUARTZ_YEAR..=LAST_QUARTZ_YEAR)
                .filter(|&year| self.has_year(year))
                .map(i32::unsigned_abs)
                .collect();
            runs(&years)
        })
    }
}
