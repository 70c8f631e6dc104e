//! When a job must not fire: named calendars, dates, and windows of the week, by the wall clock of the job's zone.

use std::{collections::BTreeMap, fmt};

use chrono::{Datelike, NaiveDate, Timelike, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value, json};

use super::value::{name, text};
use crate::{limits, time::Timestamp};

/// One reason for a job not to fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blackout {
    /// The windows of the calendar of this name.
    Calendar(String),
    /// A window of the job's own.
    Window(Window),
}

/// A span of local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Whole days, the first to the last.
    Dates(NaiveDate, NaiveDate),
    /// The same hours on some days of each week. Where `until` is not after `from`, they end on the following day.
    Weekly {
        /// Bit 0 is Monday.
        days: u8,
        /// Minutes since midnight.
        from: u16,
        /// Minutes since midnight, exclusive; 1440 is the day's end.
        until: u16,
    },
}

/// The windows of calendars, by name.
pub type Calendars = BTreeMap<String, Vec<Window>>;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u16 = 24 * 60;

impl Blackout {
    /// What keeps a fire at `at` from running, in words; none where nothing does.
    pub fn cause(blackouts: &[Self], calendars: &Calendars, zone: Tz, at: Timestamp) -> Option<String> {
        blackouts.iter().find_map(|blackout| match blackout {
            Self::Window(window) => window.covers(zone, at).then(|| window.to_string()),
            Self::Calendar(name) => calendars
                .get(name)?
                .iter()
                .find(|window| window.covers(zone, at))
                .map(|window| format!("calendar {name}: {window}")),
        })
    }

    /// The calendar that it names.
    pub fn calendar(&self) -> Option<&str> {
        match self {
            Self::Calendar(name) => Some(name),
            Self::Window(_) => None,
        }
    }
}

impl Window {
    /// Whether `at` falls into it on the wall clock of `zone`.
    pub fn covers(&self, zone: Tz, at: Timestamp) -> bool {
        let local = at.to_chrono().with_timezone(&zone).naive_local();
        match *self {
            Self::Dates(first, last) => (first..=last).contains(&local.date()),
            Self::Weekly { days, from, until } => {
                let on = |day: Weekday| days & (1 << day.num_days_from_monday()) != 0;
                let minute = (local.hour() * 60 + local.minute()) as u16;
                let (today, yesterday) = (on(local.weekday()), on(local.weekday().pred()));
                if from < until {
                    today && (from..until).contains(&minute)
                } else {
                    today && minute >= from || yesterday && minute < until
                }
            }
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Dates(first, last) if first == last => json!({ "date": first.to_string() }),
            Self::Dates(first, last) => json!({ "from": first.to_string(), "until": last.to_string() }),
            Self::Weekly { days, from, until } => {
                let days: Vec<_> = day_names(*days).collect();
                if (*from, *until) == (0, DAY) {
                    json!({ "days": days })
                } else {
                    json!({ "days": days, "from": clock(*from), "until": clock(*until) })
                }
            }
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dates(first, last) if first == last => write!(f, "{first}"),
            Self::Dates(first, last) => write!(f, "{first} to {last}"),
            Self::Weekly { days, from, until } => {
                let days: Vec<_> = day_names(*days).collect();
                write!(f, "{}", days.join(", "))?;
                if (*from, *until) != (0, DAY) {
                    write!(f, " {}-{}", clock(*from), clock(*until))?;
                }
                Ok(())
            }
        }
    }
}

fn day_names(days: u8) -> impl Iterator<Item = &'static str> {
    DAYS.into_iter()
        .enumerate()
        .filter(move |(bit, _)| days & (1 << bit) != 0)
        .map(|(_, name)| name)
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Reads the blackouts of a job: names of calendars, `{date}`, `{from, until}` (dates), `{days, from, until}`.
pub(super) fn read(value: &Value) -> Result<Vec<Blackout>, String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::String(_) | Value::Object(_) => std::slice::from_ref(value),
        _ => return Err(format!("must be a list, not {value}")),
    };
    bounded(items.len())?;
    items
        .iter()
        .map(|item| match item {
            Value::String(_) => name(item).map(Blackout::Calendar),
            other => window(other).map(Blackout::Window),
        })
        .collect()
}

/// Reads the windows of a calendar.
pub fn read_windows(value: &Value) -> Result<Vec<Window>, String> {
    let items = value
        .as_array()
        .ok_or_else(|| format!("must be a list of windows, not {value}"))?;
    bounded(items.len())?;
    items.iter().map(window).collect()
}

fn bounded(windows: usize) -> Result<(), String> {
    if windows > limits::BLACKOUT_WINDOWS {
        return Err(format!(
            "has {windows} windows; {} are allowed",
            limits::BLACKOUT_WINDOWS
        ));
    }
    Ok(())
}

fn window(value: &Value) -> Result<Window, String> {
    let refuse = || {
        format!(
            "{value} is not a window: write {{date: 2026-12-25}}, {{from: 2026-12-24, until: 2026-12-26}} or \
             {{days: [sat, sun], from: \"22:00\", until: \"06:00\"}}"
        )
    };
    let said = value.as_object().ok_or_else(refuse)?;
    if said
        .keys()
        .any(|key| !["date", "from", "until", "days"].contains(&key.as_str()))
    {
        return Err(refuse());
    }
    match (said.get("date"), said.get("days")) {
        (Some(date), None) if said.len() == 1 => day(date).map(|date| Window::Dates(date, date)),
        (None, None) => {
            let first = day(said.get("from").ok_or_else(refuse)?)?;
            let last = day(said.get("until").ok_or_else(refuse)?)?;
            if last < first {
                return Err(format!("{last} lies before {first}"));
            }
            Ok(Window::Dates(first, last))
        }
        (None, Some(days)) => weekly(said, days),
        _ => Err(refuse()),
    }
}

fn weekly(said: &Map<String, Value>, days: &Value) -> Result<Window, String> {
    let words = match days {
        Value::Array(words) => words.as_slice(),
        _ => std::slice::from_ref(days),
    };
    let mut mask = 0;
    for word in words {
        let word = text(word)?.to_lowercase();
        let bit = DAYS
            .iter()
            .position(|day| {
                word.starts_with(day)
                    && "monday tuesday wednesday thursday friday saturday sunday"
                        .split(' ')
                        .any(|full| full.starts_with(&word))
            })
            .ok_or_else(|| format!("`{word}` is none of {}", DAYS.join(", ")))?;
        mask |= 1 << bit;
    }
    if mask == 0 {
        return Err("days is empty".into());
    }
    let time = |key: &str, default| said.get(key).map_or(Ok(default), minutes);
    let (from, until) = (time("from", 0)?, time("until", DAY)?);
    if from == DAY {
        return Err("from: 24:00 is the end of a day".into());
    }
    if from == until {
        return Err(format!("from and until are both {}", clock(from)));
    }
    // Midnight as an end is the day's own end.
    let until = if until == 0 { DAY } else { until };
    Ok(Window::Weekly {
        days: mask,
        from,
        until,
    })
}

fn day(value: &Value) -> Result<NaiveDate, String> {
    let text = text(value)?;
    text.parse()
        .map_err(|_| format!("`{text}` is not a date like 2026-12-25"))
}

fn minutes(value: &Value) -> Result<u16, String> {
    let text = text(value)?;
    let refuse = || format!("`{text}` is not a time of day like \"22:00\"");
    let (hour, minute) = text.split_once(':').ok_or_else(refuse)?;
    let two = |digits: &str| -> Option<u16> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())
            .flatten()
    };
    match (two(hour), two(minute)) {
        (Some(hour), Some(minute)) if minute < 60 && (hour < 24 || hour == 24 && minute == 0) => {
            Ok(hour * 60 + minute)
        }
        _ => Err(refuse()),
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        window(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Blackout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Calendar(name) => serializer.serialize_str(name),
            Self::Window(window) => window.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Blackout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self::Calendar(name)),
            other => window(&other).map(Self::Window).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(window: &Value, at: &str) -> bool {
        let zone = Tz::Asia__Shanghai;
        super::window(window).unwrap().covers(zone, at.parse().unwrap())
    }

    #[test]
    fn dates_are_whole_days_of_the_jobs_zone() {
        let day = json!({"date": "2026-12-25"});
        assert!(covers(&day, "2026-12-25T00:00:00+08:00"));
        assert!(covers(&day, "2026-12-24T16:00:00Z"));
        assert!(!covers(&day, "2026-12-26T00:00:00+08:00"));
        let span = json!({"from": "2026-12-24", "until": "2026-12-26"});
        assert!(covers(&span, "2026-12-26T23:59:59+08:00"));
        assert!(!covers(&span, "2026-12-27T00:00:00+08:00"));
    }

    #[test]
    fn a_window_of_the_week_may_pass_midnight() {
        // 2026-11-27 is a Friday.
        let night = json!({"days": ["fri"], "from": "22:00", "until": "06:00"});
        assert!(covers(&night, "2026-11-27T22:00:00+08:00"));
        assert!(covers(&night, "2026-11-28T05:59:59+08:00"));
        assert!(!covers(&night, "2026-11-28T06:00:00+08:00"));
        assert!(!covers(&night, "2026-11-27T05:00:00+08:00"));
        let weekend = json!({"days": ["Saturday", "sun"]});
        assert!(covers(&weekend, "2026-11-28T00:00:00+08:00"));
        assert!(covers(&weekend, "2026-11-29T23:59:59+08:00"));
        assert!(!covers(&weekend, "2026-11-30T00:00:00+08:00"));
    }

    #[test]
    fn the_cause_names_the_calendar_and_its_window() {
        let calendars = Calendars::from([(
            "holidays".to_owned(),
            vec![window(&json!({"date": "2026-12-25"})).unwrap()],
        )]);
        let blackouts = read(&json!(["holidays"])).unwrap();
        let cause = Blackout::cause(
            &blackouts,
            &calendars,
            Tz::UTC,
            "2026-12-25T09:00:00Z".parse().unwrap(),
        );
        assert_eq!(cause.as_deref(), Some("calendar holidays: 2026-12-25"));
    }

    #[test]
    fn blackouts_read_as_they_are_written() {
        let said = json!([
            "holidays",
            {"date": "2026-12-25"},
            {"from": "2026-12-24", "until": "2026-12-26"},
            {"days": ["sat", "sun"]},
            {"days": ["mon"], "from": "22:00", "until": "06:00"},
        ]);
        let blackouts = read(&said).unwrap();
        assert_eq!(serde_json::to_value(&blackouts).unwrap(), said);
        assert_eq!(serde_json::from_value::<Vec<Blackout>>(said).unwrap(), blackouts);
    }

    #[test]
    fn what_is_no_window_is_refused_with_the_reason() {
        for (said, reason) in [
            (json!([{"date": "2026-02-30"}]), "not a date"),
            (
                json!([{"from": "2026-12-26", "until": "2026-12-24"}]),
                "lies before",
            ),
            (json!([{"days": ["someday"]}]), "none of mon"),
            (json!([{"days": []}]), "empty"),
            (json!([{"days": ["mon"], "from": "9"}]), "not a time of day"),
            (
                json!([{"days": ["mon"], "from": "09:00", "until": "09:00"}]),
                "both",
            ),
            (json!([{"day": "mon"}]), "is not a window"),
            (json!(3), "must be a list"),
        ] {
            let error = read(&said).unwrap_err();
            assert!(error.contains(reason), "{said}: {error}");
        }
    }
}
