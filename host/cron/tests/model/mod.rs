//! An independent brute force: it reads expressions its own way and walks real instants one by one.

#![expect(clippy::unwrap_used, reason = "expressions are known to be good")]

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// A field as written: which values it lets pass, and its text.
struct Field {
    text: String,
    values: BTreeSet<u32>,
}

/// An expression of either dialect as seven fields.
pub(crate) struct Model {
    quartz: bool,
    fields: Vec<Field>,
}

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

impl Model {
    /// Reads an expression that is known to be good.
    pub(crate) fn read(expr: &str) -> Self {
        let upper = expr.to_uppercase();
        let mut texts: Vec<&str> = upper.split_whitespace().collect();
        let quartz = texts.len() > 5;
        if !quartz {
            texts.insert(0, "0");
        }
        if texts.len() == 6 {
            texts.push("*");
        }
        let weekday = if quartz { (1, 7) } else { (0, 7) };
        let bounds = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), weekday, (1970, 2199)];
        let fields = texts
            .iter()
            .zip(bounds)
            .map(|(text, bounds)| Field {
                text: (*text).to_owned(),
                values: plain(text, bounds, quartz),
            })
            .collect();
        Self { quartz, fields }
    }

    /// The fires in `[from, to)`, found second by second or minute by minute.
    pub(crate) fn fires(&self, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        // Fixed times need to know what was skipped or shown before the window.
        let begin = from - Duration::hours(50);
        let step = if self.fields[0].text == "0" {
            Duration::minutes(1)
        } else {
            Duration::seconds(1)
        };
        let mut fires = Vec::new();
        let mut shown_until: Option<NaiveDateTime> = None;
        let mut at = begin;
        while at < to {
            let local = (at + zone.offset_from_utc_datetime(&at.naive_utc()).fix()).naive_utc();
            let fires_now = if self.every_instant() {
                self.matches(local)
            } else {
                // What the clock has jumped over since the step before, and only what it never showed.
                let mut missed = shown_until.map_or(local, |until| until + step).min(local);
                if shown_until.is_some_and(|until| local <= until) {
                    missed = local + step;
                }
                let mut any = false;
                while missed <= local {
                    any |= self.matches(missed);
                    missed += step;
                }
                any
            };
            if fires_now && at >= from {
                fires.push(at);
            }
            shown_until = Some(shown_until.map_or(local, |until| until.max(local)));
            at += step;
        }
        fires
    }

    fn every_instant(&self) -> bool {
        [1, 2].iter().any(|&at: &usize| {
            let text = self.fields[at].text.split(',').next().unwrap();
            text.starts_with('*') || text.starts_with('/') || text.starts_with("0/")
        })
    }

    fn matches(&self, local: NaiveDateTime) -> bool {
        let has = |at: usize, value: u32| self.fields[at].values.contains(&value);
        has(0, local.second())
            && has(1, local.minute())
            && has(2, local.hour())
            && has(4, local.month())
            && (!self.quartz || has(6, local.year().unsigned_abs()))
            && self.day(local.date())
    }

    fn day(&self, date: NaiveDate) -> bool {
        let (by_number, by_weekday) = (&self.fields[3], &self.fields[5]);
        let number = by_number.text.split(',').any(|item| match item {
            "?" => true,
            "L" => date.day() == last_day(date),
            _ if item.ends_with('W') => workday(date, item.trim_end_matches('W')) == Some(date.day()),
            _ => match item.strip_prefix("L-") {
                Some(back) => last_day(date).checked_sub(back.parse().unwrap()) == Some(date.day()),
                None => by_number.values.contains(&date.day()),
            },
        });
        let today = date.weekday().num_days_from_sunday();
        let weekday = by_weekday.text.split(',').any(|item| match item {
            "?" => true,
            "L" => today == 6,
            _ => match (item.split_once('#'), item.strip_suffix('L')) {
                (Some((day, nth)), _) => {
                    self.sunday_0(day) == today && date.day().div_ceil(7) == nth.parse::<u32>().unwrap()
                }
                (None, Some(day)) => self.sunday_0(day) == today && date.day() + 7 > last_day(date),
                (None, None) => by_weekday
                    .values
                    .iter()
                    .any(|value| self.number_0(*value) == today),
            },
        });
        if !self.quartz && !by_number.text.starts_with('*') && !by_weekday.text.starts_with('*') {
            number || weekday
        } else {
            number && weekday
        }
    }

    fn sunday_0(&self, day: &str) -> u32 {
        match WEEKDAYS.iter().position(|name| *name == day) {
            Some(at) => at as u32,
            None => self.number_0(day.parse().unwrap()),
        }
    }

    fn number_0(&self, day: u32) -> u32 {
        if self.quartz { day - 1 } else { day % 7 }
    }
}

/// Values, ranges and steps; what is written with L, W, # or ? is left out.
fn plain(text: &str, (min, max): (u32, u32), quartz: bool) -> BTreeSet<u32> {
    let mut values = BTreeSet::new();
    let number = |text: &str| {
        let offset = u32::from(quartz);
        let weekday = WEEKDAYS
            .iter()
            .position(|name| *name == text)
            .map(|at| at as u32 + offset);
        let month = MONTHS
            .iter()
            .position(|name| *name == text)
            .map(|at| at as u32 + 1);
        weekday.or(month).or(text.parse().ok())
    };
    for item in text.split(',') {
        let (base, step) = item
            .split_once('/')
            .map_or((item, None), |(base, step)| (base, step.parse().ok()));
        let (from, to) = match base.split_once('-') {
            _ if base == "*" || base.is_empty() => (Some(min), Some(max)),
            Some((from, to)) => (number(from), number(to)),
            None => (
                number(base),
                if step.is_some() { Some(max) } else { number(base) },
            ),
        };
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        let mut line: Vec<u32> = (from..=max).collect();
        if to < from {
            line.extend(min..=to);
        } else {
            line.retain(|value| *value <= to);
        }
        values.extend(line.into_iter().step_by(step.unwrap_or(1)));
    }
    values
}

fn last_day(date: NaiveDate) -> u32 {
    (28..=31).rev().find(|day| date.with_day(*day).is_some()).unwrap()
}

/// The day of the month that `15W`, `LW` or `L-3W` (without the W) means in the month of `date`.
fn workday(date: NaiveDate, text: &str) -> Option<u32> {
    let target = match text.strip_prefix('L') {
        Some("") => last_day(date),
        Some(back) => last_day(date).checked_sub(back[1..].parse().unwrap())?,
        None => text.parse().unwrap(),
    };
    date.with_day(target)?;
    // Nearest first; on a Saturday the day before, on a Sunday the day after, then the far side within the month.
    [0, -1, 1, -2, 2].into_iter().find_map(|distance| {
        let day = date.with_day(target.checked_add_signed(distance)?)?;
        (day.weekday().num_days_from_monday() < 5).then(|| day.day())
    })
}
