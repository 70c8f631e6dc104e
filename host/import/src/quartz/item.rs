//! One item of a comma list, read with Quartz's leniencies.

use std::fmt;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The last year that is looked at; Quartz itself looks a hundred years ahead.
pub(super) const LAST_YEAR: u32 = 2199;

/// Which field an item stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

impl Kind {
    /// The fields in their order.
    pub(super) const ALL: [Self; 7] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::DayOfMonth,
        Self::Month,
        Self::DayOfWeek,
        Self::Year,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
        }
    }

    /// The least and the greatest value.
    pub(super) const fn bounds(self) -> (u32, u32) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (1, 7),
            Self::Year => (1970, LAST_YEAR),
        }
    }

    /// The largest step that Quartz takes in `*/n` and `a/n`.
    const fn largest_step(self) -> u32 {
        match self {
            Self::Second | Self::Minute => 59,
            Self::Hour => 23,
            Self::DayOfMonth => 31,
            Self::DayOfWeek => 7,
            Self::Month => 12,
            Self::Year => u32::MAX,
        }
    }
}

/// An item, without what Quartz ignores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// `*`
    All,
    /// `?`
    Unspecified,
    /// `*/n`, `/n`
    Step(u32),
    /// `a`
    Value(u32),
    /// `a/n`: to the end of the field.
    From(u32, u32),
    /// `a-b/n`; wraps where b is less than a.
    Range(u32, u32, u32),
    /// `L`, `L-3`, `LW`, `L-3W` of a day of the month.
    Last { offset: u32, workday: bool },
    /// `15W`
    Near(u32),
    /// `6L`
    LastWeekday(u32),
    /// `6#3`
    Nth(u32, u32),
}

impl Item {
    /// Reads `text`, which is in capitals and not empty.
    pub(super) fn read(text: &str, kind: Kind) -> Result<Self, String> {
        let first = text.bytes().next().unwrap_or_default();
        match first {
            b'?' => unspecified(text, kind),
            b'*' | b'/' => wildcard(text, kind),
            _ if is_last_day(text) => last(text, kind),
            b'A'..=b'Z' => named(text, kind),
            b'0'..=b'9' => numeric(text, kind),
            _ => Err(format!("`{text}` begins with neither a value nor a wildcard")),
        }
    }

    /// Calls `add` with every value that the item names itself; the special ones name none.
    pub(super) fn values(self, kind: Kind, mut add: impl FnMut(u32)) {
        let (min, max) = kind.bounds();
        let (from, to, step) = match self {
            Self::All => (min, max, 1),
            Self::Step(step) => (min, max, step),
            Self::Value(value) => (value, value, 1),
            Self::From(from, step) => (from, max, step),
            Self::Range(from, to, step) => (from, to, step),
            _ => return,
        };
        // A year after the last that is looked at.
        if from > max {
            return;
        }
        let span = max - min + 1;
        let to = if to < from { to + span } else { to };
        let mut value = from;
        while value <= to {
            add(if value > max { value - span } else { value });
            value = value.saturating_add(step.max(1));
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::All => f.write_str("*"),
            Self::Unspecified => f.write_str("?"),
            Self::Step(step) => write!(f, "*/{step}"),
            Self::Value(value) => write!(f, "{value}"),
            Self::From(from, step) => write!(f, "{from}/{step}"),
            Self::Range(from, to, 1) => write!(f, "{from}-{to}"),
            Self::Range(from, to, step) => write!(f, "{from}-{to}/{step}"),
            Self::Last { offset, workday } => {
                f.write_str("L")?;
                if offset > 0 {
                    write!(f, "-{offset}")?;
                }
                f.write_str(if workday { "W" } else { "" })
            }
            Self::Near(day) => write!(f, "{day}W"),
            Self::LastWeekday(day) => write!(f, "{day}L"),
            Self::Nth(day, nth) => write!(f, "{day}#{nth}"),
        }
    }
}

fn unspecified(text: &str, kind: Kind) -> Result<Item, String> {
    if !matches!(kind, Kind::DayOfMonth | Kind::DayOfWeek) {
        return Err("? belongs into the day fields only".into());
    }
    if text.len() > 2 {
        return Err(format!("something follows the ? in `{text}`"));
    }
    Ok(Item::Unspecified)
}

fn wildcard(text: &str, kind: Kind) -> Result<Item, String> {
    let rest = text.strip_prefix('*').unwrap_or(text);
    // Whatever else follows a star is ignored.
    let Some(step) = rest.strip_prefix('/') else {
        return Ok(Item::All);
    };
    let step: u32 = step
        .parse()
        .map_err(|_| format!("a whole number must follow the / in `{text}`"))?;
    match step {
        0 => Ok(Item::All),
        step if step > kind.largest_step() => Err(format!(
            "the step in `{text}` is larger than {}",
            kind.largest_step()
        )),
        step => Ok(Item::Step(step)),
    }
}

/// `L`, `LW`, and `L-` with digits and perhaps a W: the forms that are no name.
fn is_last_day(text: &str) -> bool {
    let digits = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    text == "L"
        || text == "LW"
        || text
            .strip_prefix("L-")
            .is_some_and(|rest| digits(rest.strip_suffix('W').unwrap_or(rest)))
}

fn last(text: &str, kind: Kind) -> Result<Item, String> {
    match kind {
        Kind::DayOfWeek => Ok(Item::Value(7)),
        Kind::DayOfMonth => {
            let rest = &text[1..];
            let (rest, workday) = match rest.strip_suffix('W') {
                Some(rest) => (rest, true),
                None => (rest, false),
            };
            let offset = match rest.strip_prefix('-') {
                None => 0,
                Some(digits) => digits
                    .parse()
                    .ok()
                    .filter(|offset| *offset <= 30)
                    .ok_or_else(|| format!("`{text}` counts back 0 to 30 days from the month's last"))?,
            };
            Ok(Item::Last { offset, workday })
        }
        _ => Err("L belongs into the day fields only".into()),
    }
}

fn named(text: &str, kind: Kind) -> Result<Item, String> {
    let names: &[&str] = match kind {
        Kind::Month => &MONTHS,
        Kind::DayOfWeek => &WEEKDAYS,
        _ => return Err(format!("`{text}` has letters")),
    };
    // Three letters are looked at, and nothing tells whether more belong to the name.
    let value = |text: &str| {
        let name = text.get(..3).unwrap_or(text);
        names
            .iter()
            .position(|known| *known == name)
            .map(|at| at as u32 + 1)
            .ok_or_else(|| format!("`{name}` is not the name of a {}", kind.name()))
    };
    let from = value(text)?;
    let rest = &text[3..];
    if let Some(to) = rest.strip_prefix('-') {
        return Ok(Item::Range(from, value(to)?, 1));
    }
    if kind == Kind::DayOfWeek {
        if let Some(nth) = rest.strip_prefix('#') {
            return nth_of(text, from, nth);
        }
        if rest.starts_with('L') {
            return Ok(Item::LastWeekday(from));
        }
    }
    Ok(Item::Value(from))
}

fn numeric(text: &str, kind: Kind) -> Result<Item, String> {
    let (value, rest) = number(text)?;
    let checked = |value: u32| {
        let (min, max) = kind.bounds();
        if kind == Kind::Year || (min..=max).contains(&value) {
            Ok(value.min(LAST_YEAR + 1))
        } else {
            Err(format!("{value} is not within {min} and {max}"))
        }
    };
    match rest.bytes().next() {
        Some(b'L') if kind == Kind::DayOfWeek => Ok(Item::LastWeekday(checked(value)?)),
        Some(b'L') => Err("a number before L is a weekday".into()),
        Some(b'W') if kind == Kind::DayOfMonth => Ok(Item::Near(checked(value)?)),
        Some(b'W') => Err("W belongs into the day-of-month".into()),
        Some(b'#') if kind == Kind::DayOfWeek => nth_of(text, checked(value)?, &rest[1..]),
        Some(b'#') => Err("# belongs into the day-of-week".into()),
        Some(b'-') => {
            let (to, rest) = number(&rest[1..])?;
            let (from, to) = (checked(value)?, end(to, kind)?);
            let step = match rest.strip_prefix('/') {
                Some(step) => number(step)?.0,
                None => 1,
            };
            range(from, to, step, kind)
        }
        Some(b'/') => {
            let (step, rest) = number(&rest[1..])?;
            if !rest.is_empty() && step < 10 {
                return Err(format!("`{text}` has something behind its step"));
            }
            if step > kind.largest_step() {
                return Err(format!(
                    "the step in `{text}` is larger than {}",
                    kind.largest_step()
                ));
            }
            Ok(match step {
                0 => Item::Value(checked(value)?),
                step => Item::From(checked(value)?, step),
            })
        }
        // A complete value: what follows is ignored.
        _ => Ok(Item::Value(checked(value)?)),
    }
}

/// The end of a range has a greatest value, and no least one: it wraps.
fn end(to: u32, kind: Kind) -> Result<u32, String> {
    let (min, max) = kind.bounds();
    match kind {
        Kind::Year => Ok(to.min(max)),
        _ if to > max => Err(format!("{to} is above {max}")),
        // 0 where values begin at 1 is the end of the round before.
        _ if to < min => Ok(max),
        _ => Ok(to),
    }
}

fn range(from: u32, to: u32, step: u32, kind: Kind) -> Result<Item, String> {
    if kind == Kind::Year && to < from {
        return Err(format!("the years {from}-{to} run backwards"));
    }
    let (min, max) = kind.bounds();
    let width = if to < from {
        to + max - min + 1 - from
    } else {
        to - from
    };
    Ok(if step == 0 || step > width {
        Item::Value(from)
    } else {
        Item::Range(from, to, step)
    })
}

fn nth_of(text: &str, day: u32, nth: &str) -> Result<Item, String> {
    match nth.parse() {
        Ok(nth @ 1..=5) => Ok(Item::Nth(day, nth)),
        _ => Err(format!("a number from 1 to 5 must follow the # in `{text}`")),
    }
}

/// The digits that `text` begins with, and what follows them.
fn number(text: &str) -> Result<(u32, &str), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let number = number
        .parse()
        .map_err(|_| format!("a number is missing before `{rest}`"))?;
    Ok((number, rest))
}
