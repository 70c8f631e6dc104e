//! From text to a [`Schedule`].

use crate::Dialect;
use crate::days::{Days, Weekdays};
use crate::error::ParseError;
use crate::field::Field;
use crate::schedule::{FIRST_QUARTZ_YEAR, Flags, Rest, Schedule, YEAR_BYTES};

/// Characters an expression may have.
pub const MAX_EXPRESSION: usize = 512;

/// More fields than any dialect has: enough to tell that there are too many.
const MOST_FIELDS: usize = 8;

impl Schedule {
    /// Reads an expression. Without a dialect the number of fields decides: 5 is unix, 6 and 7 are quartz; nicknames
    /// (`@daily`) are unix.
    ///
    /// An expression that could never fire is an error. One whose years are all in the past is not.
    pub fn parse(expr: &str, dialect: Option<Dialect>) -> Result<Self, ParseError> {
        // Bytes bound characters from above, so the count is rarely made.
        if expr.len() > MAX_EXPRESSION && expr.chars().nth(MAX_EXPRESSION).is_some() {
            return Err(ParseError::expression(
                expr,
                format!("is longer than {MAX_EXPRESSION} characters"),
            ));
        }
        let mut fields = [""; MOST_FIELDS];
        let mut count = 0;
        for (slot, field) in fields.iter_mut().zip(expr.split_ascii_whitespace()) {
            *slot = field;
            count += 1;
        }
        if count == 0 {
            return Err(ParseError::expression(expr, "is empty"));
        }
        if fields[0].starts_with('@') {
            return nickname(expr, &fields[..count], dialect);
        }
        let schedule = match (dialect, &fields[..count]) {
            (None | Some(Dialect::Unix), &[minute, hour, day, month, weekday]) => {
                unix([minute, hour, day, month, weekday])
            }
            (None | Some(Dialect::Quartz), &[second, minute, hour, day, month, weekday]) => {
                quartz([second, minute, hour, day, month, weekday], "*")
            }
            (None | Some(Dialect::Quartz), &[second, minute, hour, day, month, weekday, year]) => {
                quartz([second, minute, hour, day, month, weekday], year)
            }
            _ => return Err(ParseError::expression(expr, wrong_count(dialect, expr))),
        }?;
        if schedule.ever_fires() {
            Ok(schedule)
        } else {
            Err(never(&schedule, &fields[..count]))
        }
    }
}

fn wrong_count(dialect: Option<Dialect>, expr: &str) -> String {
    let count = expr.split_ascii_whitespace().count();
    let expected = match dialect {
        None => "5 fields (unix) or 6 or 7 (quartz) are",
        Some(Dialect::Unix) => "5 fields (unix) are",
        Some(Dialect::Quartz) => "6 or 7 fields (quartz) are",
    };
    format!("{expected} expected, {count} found")
}

fn nickname(expr: &str, fields: &[&str], dialect: Option<Dialect>) -> Result<Schedule, ParseError> {
    const NICKNAMES: [(&str, [&str; 5]); 7] = [
        ("@hourly", ["0", "*", "*", "*", "*"]),
        ("@daily", ["0", "0", "*", "*", "*"]),
        ("@midnight", ["0", "0", "*", "*", "*"]),
        ("@weekly", ["0", "0", "*", "*", "0"]),
        ("@monthly", ["0", "0", "1", "*", "*"]),
        ("@yearly", ["0", "0", "1", "1", "*"]),
        ("@annually", ["0", "0", "1", "1", "*"]),
    ];
    if dialect == Some(Dialect::Quartz) {
        return Err(ParseError::expression(
            expr,
            "quartz has no nicknames, they belong to unix",
        ));
    }
    let &[name] = fields else {
        return Err(ParseError::expression(expr, "nothing may follow a nickname"));
    };
    match NICKNAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        Some((_, fields)) => unix(*fields),
        None => Err(ParseError::expression(
            expr,
            "is not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually",
        )),
    }
}

fn unix([minute, hour, day, month, weekday]: [&str; 5]) -> Result<Schedule, ParseError> {
    // Vixie's rule: a day field that begins with a star only narrows what the other one says.
    let both_days = day.starts_with('*') || weekday.starts_with('*');
    let (mut minutes, mut hours, mut months) = (0_u64, 0_u32, 0_u16);
    let open_minute = Field::minute(Dialect::Unix).list(minute, |value| minutes |= 1 << value)?;
    let open_hour = Field::hour(Dialect::Unix).list(hour, |value| hours |= 1 << value)?;
    let days = Days::parse(day, Dialect::Unix)?;
    Field::month(Dialect::Unix).list(month, |value| months |= 1 << value)?;
    let weekdays = Weekdays::parse(weekday, Dialect::Unix)?;
    Ok(Schedule {
        seconds: 1,
        minutes,
        hours,
        days: days.plain,
        months,
        weekdays: weekdays.plain,
        last: days.last,
        last_workday: days.last_workday,
        flags: Flags::new(both_days, open_minute || open_hour),
        rest: Rest::Unix {
            near: days.near,
            nth: weekdays.nth,
        },
    })
}

fn quartz(
    [second, minute, hour, day, month, weekday]: [&str; 6],
    year: &str,
) -> Result<Schedule, ParseError> {
    let dialect = Dialect::Quartz;
    let (mut seconds, mut minutes, mut hours, mut months) = (0_u64, 0_u64, 0_u32, 0_u16);
    Field::second().list(second, |value| seconds |= 1 << value)?;
    let open_minute = Field::minute(dialect).list(minute, |value| minutes |= 1 << value)?;
    let open_hour = Field::hour(dialect).list(hour, |value| hours |= 1 << value)?;
    let (days, weekdays) = match (day, weekday) {
        ("?", "?") => {
            let reason = "only one of day-of-month and day-of-week may be ?";
            return Err(Field::day_of_week(dialect).error(weekday, reason));
        }
        ("?", _) => (Days::any(), Weekdays::parse(weekday, dialect)?),
        (_, "?") => (Days::parse(day, dialect)?, Weekdays::any()),
        _ => {
            // Something wrong within a field is the better message.
            Days::parse(day, dialect)?;
            Weekdays::parse(weekday, dialect)?;
            let reason = "quartz wants ? in day-of-month or day-of-week, whichever is not used";
            return Err(Field::day_of_week(dialect).error(weekday, reason));
        }
    };
    Field::month(dialect).list(month, |value| months |= 1 << value)?;
    let mut years = [0_u8; YEAR_BYTES];
    Field::year().list(year, |value| {
        let at = value as usize - FIRST_QUARTZ_YEAR as usize;
        years[at / 8] |= 1 << (at % 8);
    })?;
    Ok(Schedule {
        seconds,
        minutes,
        hours,
        days: days.plain,
        months,
        weekdays: weekdays.plain,
        last: days.last,
        last_workday: days.last_workday,
        flags: Flags::new(true, open_minute || open_hour),
        rest: Rest::Quartz {
            years,
            // At most one of either: lists of them were refused.
            near: if days.near == 0 {
                0
            } else {
                days.near.trailing_zeros() as u8
            },
            nth: (0_u8..)
                .zip(weekdays.nth)
                .fold(0, |code, (at, weekday)| match weekday {
                    0 => code,
                    _ => (weekday.trailing_zeros() as u8) << 3 | (at + 1),
                }),
        },
    })
}

/// The error for a schedule without a single fire, laid to the field that most likely is to blame.
fn never(schedule: &Schedule, fields: &[&str]) -> ParseError {
    let dialect = schedule.dialect();
    let first = usize::from(dialect == Dialect::Quartz);
    let reason = "never comes in the months and years asked for, so the job would never fire";
    if schedule.any_day() {
        Field::day_of_week(dialect).error(fields[first + 4], reason)
    } else {
        Field::day_of_month(dialect).error(fields[first + 2], reason)
    }
}
