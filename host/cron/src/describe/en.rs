//! Descriptions in English.

use std::fmt::Write as _;

use super::pattern::{Shape, from_monday, readable, shape, values};
use crate::schedule::{NO_OFFSET, Schedule};

const WEEKDAYS: [&str; 8] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS: [&str; 13] = [
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const NTH: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "last"];

pub(super) fn describe(schedule: &Schedule) -> String {
    let (mut text, whole_days) = match schedule.times() {
        Some(times) => (format!("At {}", and(&times)), true),
        None => (clock(schedule), false),
    };
    let days = days(schedule);
    let months = shape(schedule.months.into(), 1, 12);
    match (&days, &months) {
        (Some(days), _) => {
            text.push(' ');
            text.push_str(days);
        }
        (None, Shape::All) if !whole_days => {}
        (None, _) => text.push_str(" every day"),
    }
    let months = match months {
        Shape::All => String::new(),
        Shape::Step { first, step } => {
            format!(
                " of every {} month from {}",
                ordinal(step),
                MONTHS[first as usize]
            )
        }
        Shape::Runs(runs) => format!(" in {}", list(&runs, |month| MONTHS[month as usize].into())),
    };
    text.push_str(&months);
    if let Some(years) = schedule.year_runs() {
        // Writing to a String cannot fail.
        let _ = write!(text, " in {}", list(&years, |year| year.to_string()));
    }
    text
}

/// The time of day by field, such as "Every 15 minutes from 09:00 to 17:59".
fn clock(schedule: &Schedule) -> String {
    let seconds = shape(schedule.seconds, 0, 59);
    let minutes = shape(schedule.minutes, 0, 59);
    let hours = shape(schedule.hours.into(), 0, 23);
    let mut parts = Vec::new();
    if schedule.seconds != 1 {
        let each = if minutes == Shape::All && matches!(seconds, Shape::Runs(_)) {
            " of every minute"
        } else {
            ""
        };
        parts.push(unit(&seconds, "second") + each);
    }
    if minutes != Shape::All || schedule.seconds == 1 {
        parts.push(match (&minutes, &hours) {
            (Shape::Runs(runs), Shape::All) if schedule.minutes == 1 && runs.len() == 1 => {
                "every hour".into()
            }
            (Shape::Runs(_), Shape::All) => format!("{} of every hour", unit(&minutes, "minute")),
            _ => unit(&minutes, "minute"),
        });
    }
    match hours {
        Shape::All => {}
        Shape::Step { first: 0, step } => parts.push(format!("every {step} hours")),
        Shape::Step { first, step } => parts.push(format!("every {step} hours from {first:02}:00")),
        Shape::Runs(runs) => {
            let spans: Vec<String> = runs
                .iter()
                .map(|(from, to)| format!("from {from:02}:00 to {to:02}:59"))
                .collect();
            parts.push(and(&spans));
        }
    }
    let mut text = String::new();
    for part in parts {
        let joint = match (text.is_empty(), part.starts_with("from")) {
            (true, _) => "",
            (false, true) => " ",
            (false, false) => ", ",
        };
        text.push_str(joint);
        text.push_str(&part);
    }
    capital(&text)
}

fn unit(shape: &Shape, name: &str) -> String {
    match shape {
        Shape::All => format!("every {name}"),
        Shape::Step { first: 0, step } => format!("every {step} {name}s"),
        Shape::Step { first, step } => format!("every {step} {name}s from {name} {first}"),
        Shape::Runs(runs) => {
            let plural = if matches!(runs[..], [(from, to)] if from == to) {
                ""
            } else {
                "s"
            };
            format!("at {name}{plural} {}", list(runs, |value| value.to_string()))
        }
    }
}

fn days(schedule: &Schedule) -> Option<String> {
    let (by_number, by_weekday) = (by_number(schedule), by_weekday(schedule));
    match (by_number, by_weekday) {
        (None, None) => None,
        (Some(days), None) => Some(format!("on {days} of the month")),
        (None, Some(weekdays)) => Some(weekdays),
        (Some(days), Some(weekdays)) if schedule.flags.both_days() => Some(format!(
            "on {days} of the month if it is also {}",
            weekdays.trim_start_matches("every ")
        )),
        (Some(days), Some(weekdays)) => Some(format!("on {days} of the month and {weekdays}")),
    }
}

fn by_number(schedule: &Schedule) -> Option<String> {
    if !schedule.names_days() && schedule.flags.both_days() {
        return None;
    }
    let mut parts = Vec::new();
    match shape(schedule.days.into(), 1, 31) {
        Shape::Runs(runs) if runs.is_empty() => {}
        Shape::All => parts.push("every day".into()),
        Shape::Step { first: 1, step } => parts.push(format!("every {} day from the 1st", ordinal(step))),
        Shape::Step { first, step } => {
            parts.push(format!("every {} day from the {}", ordinal(step), ordinal(first)));
        }
        Shape::Runs(runs) => parts.push(format!("the {}", list(&runs, ordinal))),
    }
    for day in values(schedule.near().into()) {
        parts.push(format!("the working day nearest the {}", ordinal(day)));
    }
    match schedule.last {
        NO_OFFSET => {}
        0 => parts.push("the last day".into()),
        back => parts.push(format!("the {} day before the last", ordinal(back.into()))),
    }
    match schedule.last_workday {
        NO_OFFSET => {}
        0 => parts.push("the last working day".into()),
        back => parts.push(format!(
            "the working day nearest the {} day before the last",
            ordinal(back.into())
        )),
    }
    Some(and(&parts))
}

fn by_weekday(schedule: &Schedule) -> Option<String> {
    if !schedule.names_weekdays() && schedule.flags.both_days() {
        return None;
    }
    let mut parts = Vec::new();
    let set = from_monday(schedule.weekdays);
    match shape(set, 1, 7) {
        Shape::Runs(runs) if runs.is_empty() => {}
        Shape::All => parts.push("every day".into()),
        Shape::Runs(runs) => parts.push(format!(
            "every {}",
            list(&runs, |day| WEEKDAYS[day as usize].into())
        )),
        Shape::Step { .. } => {
            let names: Vec<String> = values(set)
                .iter()
                .map(|&day| WEEKDAYS[day as usize].into())
                .collect();
            parts.push(format!("every {}", and(&names)));
        }
    }
    for (nth, weekdays) in NTH.iter().zip(schedule.nth()) {
        for day in values(from_monday(weekdays)) {
            parts.push(format!("on the {nth} {} of the month", WEEKDAYS[day as usize]));
        }
    }
    Some(and(&parts))
}

/// Values and ranges: "1, 3 and 5 to 9".
fn list(runs: &[(u32, u32)], name: impl Fn(u32) -> String) -> String {
    let parts: Vec<String> = readable(runs)
        .into_iter()
        .map(|(from, to)| {
            if from == to {
                name(from)
            } else {
                format!("{} to {}", name(from), name(to))
            }
        })
        .collect();
    and(&parts)
}

fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
