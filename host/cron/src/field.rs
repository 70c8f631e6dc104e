//! One field of an expression: its bounds, its names, and lists of values, ranges and steps.

use crate::Dialect;
use crate::error::{ParseError, shown};

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What may stand in a field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) min: u32,
    pub(crate) max: u32,
    names: &'static [&'static str],
    dialect: Dialect,
}

impl Field {
    const fn new(name: &'static str, label: &'static str, min: u32, max: u32, dialect: Dialect) -> Self {
        Self {
            name,
            label,
            min,
            max,
            names: &[],
            dialect,
        }
    }

    pub(crate) const fn second() -> Self {
        Self::new("second", "second", 0, 59, Dialect::Quartz)
    }

    pub(crate) const fn minute(dialect: Dialect) -> Self {
        Self::new("minute", "minute", 0, 59, dialect)
    }

    pub(crate) const fn hour(dialect: Dialect) -> Self {
        Self::new("hour", "hour", 0, 23, dialect)
    }

    pub(crate) const fn day_of_month(dialect: Dialect) -> Self {
        Self::new("dayOfMonth", "day-of-month", 1, 31, dialect)
    }

    pub(crate) const fn month(dialect: Dialect) -> Self {
        Self {
            names: &MONTHS,
            ..Self::new("month", "month", 1, 12, dialect)
        }
    }

    /// Sunday is 0 and 7 in unix, 1 in quartz.
    pub(crate) const fn day_of_week(dialect: Dialect) -> Self {
        let (min, max) = match dialect {
            Dialect::Unix => (0, 7),
            Dialect::Quartz => (1, 7),
        };
        Self {
            names: &WEEKDAYS,
            ..Self::new("dayOfWeek", "day-of-week", min, max, dialect)
        }
    }

    pub(crate) const fn year() -> Self {
        Self::new("year", "year", 1970, 2199, Dialect::Quartz)
    }

    /// The error for this field, whose whole text is `text`.
    pub(crate) fn error(&self, text: &str, reason: impl Into<String>) -> ParseError {
        ParseError::field_error(self.name, self.label, text, reason)
    }

    /// Calls `add` with every value that a list names; says whether it begins with a wildcard or an open step from 0.
    pub(crate) fn list(&self, text: &str, mut add: impl FnMut(u32)) -> Result<bool, ParseError> {
        let mut open = false;
        for (at, item) in text.split(',').enumerate() {
            let items_open = self
                .item(item, &mut add)
                .map_err(|reason| self.error(text, reason))?;
            open |= at == 0 && items_open;
        }
        Ok(open)
    }

    /// One item of a list.
    pub(crate) fn item(&self, item: &str, add: &mut impl FnMut(u32)) -> Result<bool, String> {
        if item.is_empty() {
            return Err("has an empty item".into());
        }
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(self.step(step)?)),
            None => (item, None),
        };
        let leading = step.is_some() && self.dialect == Dialect::Quartz;
        let (from, to, open) = if base == "*" || (base.is_empty() && leading) {
            (self.min, self.max, true)
        } else if let Some((from, to)) = base.split_once('-') {
            (self.value(from)?, self.value(to)?, false)
        } else {
            let from = self.value(base)?;
            let to = if step.is_some() { self.max } else { from };
            (from, to, step.is_some() && from == 0)
        };
        self.range(item, from, to, step.unwrap_or(1), add)?;
        Ok(open)
    }

    fn range(
        &self,
        item: &str,
        from: u32,
        to: u32,
        step: u32,
        add: &mut impl FnMut(u32),
    ) -> Result<(), String> {
        let wraps = self.dialect == Dialect::Quartz && self.name != "year";
        if from > to && !wraps {
            return Err(format!("the range {} is reversed", shown(item)));
        }
        // A range that wraps goes on past the field's end, as if the values were counted on.
        let count = self.max - self.min + 1;
        let end = if from > to { to + count } else { to };
        let mut value = from;
        while value <= end {
            add(if value > self.max { value - count } else { value });
            value = value.saturating_add(step);
        }
        Ok(())
    }

    fn step(&self, text: &str) -> Result<u32, String> {
        let step = number(text).ok_or_else(|| format!("the step `{}` is not a number", shown(text)))?;
        // Quartz refuses steps that leave the field; crontab takes them as "the first value only".
        let most = self.max - u32::from(self.min == 0 && self.name == "dayOfWeek");
        match self.dialect {
            _ if step == 0 => Err("a step of 0 never gets on".into()),
            Dialect::Quartz if self.name != "year" && step > most => {
                Err(format!("the step {step} is larger than {most}"))
            }
            _ => Ok(step),
        }
    }

    /// A number or a name within the field's bounds.
    pub(crate) fn value(&self, text: &str) -> Result<u32, String> {
        if text.is_empty() {
            return Err("a number is missing".into());
        }
        if let Some(value) = number(text) {
            return if (self.min..=self.max).contains(&value) {
                Ok(value)
            } else {
                Err(format!(
                    "{} is out of range, {} to {} are allowed",
                    shown(text),
                    self.min,
                    self.max
                ))
            };
        }
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(at) if self.name == "month" || self.dialect == Dialect::Quartz => Ok(at as u32 + 1),
            Some(at) => Ok(at as u32),
            None => Err(self.not_a_value(text)),
        }
    }

    fn not_a_value(&self, text: &str) -> String {
        let names = match self.names {
            [] => String::new(),
            [first, .., last] => format!(" or {first} to {last}"),
            [only] => format!(" or {only}"),
        };
        format!(
            "`{}` is not a number from {} to {}{names}",
            shown(text),
            self.min,
            self.max
        )
    }
}

/// Decimal digits alone; what is too large for a field is as good as the largest number.
pub(crate) fn number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number.saturating_mul(10).saturating_add(u32::from(byte - b'0')))
    })
}
