//! The two day fields: `L`, `W` and `#` beside plain lists.

use crate::Dialect;
use crate::error::ParseError;
use crate::field::{Field, number};
use crate::schedule::{ALL_DAYS, ALL_WEEKDAYS, LAST_NTH, NO_OFFSET};

/// A day-of-month field.
#[derive(Debug)]
pub(crate) struct Days {
    pub(crate) plain: u32,
    pub(crate) near: u32,
    pub(crate) last: u8,
    pub(crate) last_workday: u8,
}

/// A day-of-week field.
#[derive(Debug)]
pub(crate) struct Weekdays {
    pub(crate) plain: u8,
    pub(crate) nth: [u8; 6],
}

impl Days {
    /// What `?` stands for.
    pub(crate) fn any() -> Self {
        Self {
            plain: ALL_DAYS,
            near: 0,
            last: NO_OFFSET,
            last_workday: NO_OFFSET,
        }
    }

    pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Self, ParseError> {
        let field = Field::day_of_month(dialect);
        let mut days = Self {
            plain: 0,
            ..Self::any()
        };
        let many = text.contains(',');
        for item in text.split(',') {
            let special = days
                .item(item, &field, dialect)
                .map_err(|reason| field.error(text, reason))?;
            if special && many && dialect == Dialect::Quartz {
                return Err(field.error(text, "L and W stand alone in quartz, not in a list"));
            }
        }
        Ok(days)
    }

    /// Takes one item in; whether it was one of `L` and `W`.
    fn item(&mut self, item: &str, field: &Field, dialect: Dialect) -> Result<bool, String> {
        let upper = item.as_bytes().first().map(u8::to_ascii_uppercase);
        if upper == Some(b'L') {
            let rest = &item[1..];
            let (offset, workday) = match rest.strip_suffix(['W', 'w']) {
                Some(offset) => (offset, true),
                None => (rest, false),
            };
            let offset = match offset.strip_prefix('-') {
                None if offset.is_empty() => 0,
                Some(digits) if dialect == Dialect::Quartz => match number(digits) {
                    Some(back @ 0..=30) => back as u8,
                    _ => return Err("L-n counts back 0 to 30 days from the month's last".into()),
                },
                Some(_) => return Err("L-n is understood in quartz expressions only".into()),
                None => return Err(format!("`{item}` is not L, LW, L-3 or L-3W")),
            };
            if workday {
                self.last_workday = offset;
            } else {
                self.last = offset;
            }
            return Ok(true);
        }
        if let Some(day) = item.strip_suffix(['W', 'w']) {
            if day.is_empty() {
                return Err("W needs a day before it, as in 15W".into());
            }
            self.near |= 1 << field.value(day)?;
            return Ok(true);
        }
        field.item(item, &mut |day| self.plain |= 1 << day)?;
        Ok(false)
    }
}

impl Weekdays {
    /// What `?` stands for.
    pub(crate) fn any() -> Self {
        Self {
            plain: ALL_WEEKDAYS,
            nth: [0; 6],
        }
    }

    pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Self, ParseError> {
        let field = Field::day_of_week(dialect);
        let mut weekdays = Self {
            plain: 0,
            nth: [0; 6],
        };
        let many = text.contains(',');
        for item in text.split(',') {
            let special = weekdays
                .item(item, &field, dialect)
                .map_err(|reason| field.error(text, reason))?;
            if special && many && dialect == Dialect::Quartz {
                return Err(field.error(text, "L and # stand alone in quartz, not in a list"));
            }
        }
        Ok(weekdays)
    }

    fn item(&mut self, item: &str, field: &Field, dialect: Dialect) -> Result<bool, String> {
        // Sunday is bit 0, whatever the dialect's number for it.
        let bit = |value: u32| 1_u8 << ((value + 7 - u32::from(dialect == Dialect::Quartz)) % 7);
        if let Some((day, nth)) = item.split_once('#') {
            let weekday = bit(field.value(day)?);
            return match number(nth) {
                Some(nth @ 1..=5) => {
                    self.nth[nth as usize - 1] |= weekday;
                    Ok(true)
                }
                _ => Err("a number from 1 to 5 must follow #".into()),
            };
        }
        if let Some(day) = item.strip_suffix(['L', 'l']) {
            match (day, dialect) {
                ("", Dialect::Quartz) => self.plain |= bit(7),
                ("", Dialect::Unix) => return Err("L needs a weekday before it, as in 5L".into()),
                (_, Dialect::Unix) if number(day).is_none() => {
                    return Err(format!("`{item}` is not a number followed by L, as in 5L"));
                }
                _ => self.nth[LAST_NTH - 1] |= bit(field.value(day)?),
            }
            return Ok(true);
        }
        field.item(item, &mut |day| self.plain |= bit(day))?;
        Ok(false)
    }
}
