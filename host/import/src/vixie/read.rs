//! From the five fields, or a nickname, to an [`Entry`].

use super::Entry;
use crate::names::shown;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One of the five fields.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        min: 0,
        max: 59,
        names: &[],
    },
    Field {
        name: "hour",
        min: 0,
        max: 23,
        names: &[],
    },
    Field {
        name: "day-of-month",
        min: 1,
        max: 31,
        names: &[],
    },
    Field {
        name: "month",
        min: 1,
        max: 12,
        names: &MONTHS,
    },
    Field {
        name: "day-of-week",
        min: 0,
        max: 7,
        names: &WEEKDAYS,
    },
];

impl Entry {
    /// Reads five fields or a nickname. The error is what is wrong with it to cron too.
    pub(crate) fn read(expression: &str) -> Result<Self, String> {
        if let Some(nickname) = expression.strip_prefix('@') {
            return Self::nickname(nickname);
        }
        let fields: Vec<&str> = expression
            .split([' ', '\t'])
            .filter(|field| !field.is_empty())
            .collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!("5 fields are expected, {} found", fields.len()));
        };
        let mut masks = [0_u64; 5];
        for ((mask, field), text) in masks
            .iter_mut()
            .zip(&FIELDS)
            .zip([minute, hour, day, month, weekday])
        {
            *mask = field
                .list(text)
                .map_err(|reason| format!("{} field `{}`: {reason}", field.name, shown(text)))?;
        }
        let star = |text: &str| text.starts_with('*');
        Ok(Self {
            minutes: masks[0],
            hours: masks[1] as u32,
            days: masks[2] as u32,
            months: masks[3] as u16,
            weekdays: (masks[4] | masks[4] >> 7) as u8 & 0x7f,
            both_days: star(day) || star(weekday),
            wildcard: star(minute) || star(hour),
        })
    }

    /// `text` with its last field as a list of weekdays.
    pub(crate) fn with_weekdays_listed(&self, text: &str) -> Option<String> {
        let (before, _) = text.rsplit_once([' ', '\t'])?;
        let weekdays: Vec<String> = (0..7)
            .filter(|day| self.weekdays >> day & 1 == 1)
            .map(|day: u8| day.to_string())
            .collect();
        Some(format!("{before} {}", weekdays.join(",")))
    }

    fn nickname(name: &str) -> Result<Self, String> {
        let fields = match name {
            "yearly" | "annually" => "0 0 1 1 *",
            "monthly" => "0 0 1 * *",
            "weekly" => "0 0 * * 0",
            "daily" | "midnight" => "0 0 * * *",
            "hourly" => "0 * * * *",
            _ => return Err(format!("cron knows no nickname `@{}`", shown(name))),
        };
        Self::read(fields)
    }
}

impl Field {
    fn list(&self, text: &str) -> Result<u64, String> {
        let mut mask = 0;
        for item in text.split(',') {
            mask |= self.item(item)?;
        }
        if mask == 0 {
            return Err("a range that runs backwards names nothing, so that cron never fires it".into());
        }
        Ok(mask)
    }

    fn item(&self, item: &str) -> Result<u64, String> {
        if item.contains('~') {
            return Err("`~` draws a value each time that cron loads the file".into());
        }
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (item, None),
        };
        let (from, to) = if base == "*" {
            (self.min, self.max)
        } else if let Some((from, to)) = base.split_once('-') {
            let (from, to) = (self.value(from)?, self.value(to)?);
            // cronie takes FRI-SUN for 5-7.
            let sunday = self.max == 7 && to == 0 && from > 0 && step.is_none();
            (from, if sunday { 7 } else { to })
        } else if step.is_some() {
            return Err("a step follows a star or a range only".into());
        } else {
            let value = self.value(base)?;
            (value, value)
        };
        let step = match step {
            None => 1,
            Some(step) => step
                .parse::<u32>()
                .ok()
                .filter(|step| *step > 0)
                .ok_or_else(|| format!("`{}` is not a step", shown(step)))?,
        };
        Ok((from..=to)
            .step_by(step as usize)
            .fold(0, |mask, value| mask | 1 << value))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_ascii_lowercase();
        let value = match self.names.iter().position(|name| *name == lower) {
            Some(at) => at as u32 + self.min,
            None => text
                .parse()
                .map_err(|_| format!("`{}` is not a value", shown(text)))?,
        };
        if (self.min..=self.max).contains(&value) {
            Ok(value)
        } else {
            Err(format!("{value} is not within {} and {}", self.min, self.max))
        }
    }
}
