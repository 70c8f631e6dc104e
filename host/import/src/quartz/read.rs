//! From text to an [`Expression`].

use std::collections::BTreeSet;

use super::{
    Days, Expression, MonthDays,
    item::{Item, Kind, LAST_YEAR},
};
use crate::names::shown;

/// Characters of an expression that are looked at: more than any of the tables hold.
const MOST: usize = 1_024;

impl Expression {
    /// Reads an expression. The error is what is wrong with it to Quartz too.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.len() > MOST {
            return Err(format!("is longer than {MOST} bytes"));
        }
        let capitals = text.to_uppercase();
        // Releases before 2.5 ignored what follows the year.
        let fields: Vec<&str> = capitals
            .split([' ', '\t'])
            .map(|field| field.trim_matches(|c: char| c <= ' '))
            .filter(|field| !field.is_empty())
            .take(Kind::ALL.len())
            .collect();
        if fields.len() < 6 {
            return Err(format!("6 or 7 fields are expected, {} found", fields.len()));
        }
        let items = Kind::ALL
            .iter()
            .zip(&fields)
            .map(|(kind, field)| {
                list(field, *kind)
                    .map_err(|reason| format!("{} field `{}`: {reason}", kind.name(), shown(field)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let days = days(&items[3], &items[5], fields[5])?;
        let years = items.get(6).filter(|years| years.as_slice() != [Item::All]);
        let plain = plain(&items, &days);
        Ok(Self {
            seconds: mask(&items[0], Kind::Second),
            minutes: mask(&items[1], Kind::Minute),
            hours: mask(&items[2], Kind::Hour) as u32,
            days,
            months: mask(&items[4], Kind::Month) as u16,
            years: years.map(|years| set(years)),
            plain,
        })
    }
}

fn list(field: &str, kind: Kind) -> Result<Vec<Item>, String> {
    let items = field
        .split(',')
        .filter(|item| !item.is_empty())
        .map(|item| Item::read(item, kind))
        .collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() {
        return Err("names nothing".into());
    }
    Ok(items)
}

fn days(of_month: &[Item], of_week: &[Item], week_text: &str) -> Result<Days, String> {
    let month_says = !of_month.contains(&Item::Unspecified);
    let week_says = !of_week.contains(&Item::Unspecified);
    match (month_says, week_says) {
        (true, true) => Err("day-of-month and day-of-week both say something: one must be ?".into()),
        (false, false) => Err("day-of-month and day-of-week are both ?".into()),
        (true, false) => Ok(Days::Month(month_days(of_month))),
        (false, true) => week_days(of_week, week_text),
    }
}

fn month_days(items: &[Item]) -> MonthDays {
    let mut days = MonthDays::default();
    for item in items {
        match *item {
            Item::Near(day) => days.near |= 1 << day,
            Item::Last {
                offset,
                workday: false,
            } => days.last |= 1 << offset,
            Item::Last {
                offset,
                workday: true,
            } => days.near_last |= 1 << offset,
            other => other.values(Kind::DayOfMonth, |day| days.plain |= 1 << day),
        }
    }
    days
}

/// One `L` or `#` rules the whole field, and then the smallest weekday of the list is the one that is meant.
fn week_days(items: &[Item], text: &str) -> Result<Days, String> {
    if text.contains('L') && text.len() > 1 && text.contains(',') {
        return Err("day-of-week: L stands beside other weekdays".into());
    }
    if text.matches('#').count() > 1 {
        return Err("day-of-week: # is there twice".into());
    }
    let (mut mask, mut nth, mut last) = (0_u8, None, false);
    for item in items {
        match *item {
            Item::Nth(day, which) => {
                mask |= 1 << day;
                nth = Some(which as u8);
            }
            Item::LastWeekday(day) => {
                mask |= 1 << day;
                last = true;
            }
            other => other.values(Kind::DayOfWeek, |day| mask |= 1 << day),
        }
    }
    let smallest = mask.trailing_zeros() as u8;
    Ok(match nth {
        _ if last => Days::LastWeekday(smallest),
        Some(nth) => Days::NthWeekday(smallest, nth),
        None => Days::Week(mask),
    })
}

fn mask(items: &[Item], kind: Kind) -> u64 {
    let mut mask = 0;
    for item in items {
        item.values(kind, |value| mask |= 1 << value);
    }
    mask
}

fn set(items: &[Item]) -> BTreeSet<i32> {
    let mut years = BTreeSet::new();
    for item in items {
        item.values(Kind::Year, |year| {
            if year <= LAST_YEAR {
                years.insert(year as i32);
            }
        });
    }
    years
}

fn plain(items: &[Vec<Item>], days: &Days) -> String {
    let fields = items.iter().zip(Kind::ALL).map(|(items, kind)| {
        let unspecified = items.contains(&Item::Unspecified);
        match (kind, days) {
            (Kind::DayOfMonth | Kind::DayOfWeek, _) if unspecified => "?".into(),
            (Kind::DayOfWeek, Days::LastWeekday(day)) => Item::LastWeekday(u32::from(*day)).to_string(),
            (Kind::DayOfWeek, Days::NthWeekday(day, nth)) => {
                Item::Nth(u32::from(*day), u32::from(*nth)).to_string()
            }
            _ => items.iter().map(Item::to_string).collect::<Vec<_>>().join(","),
        }
    });
    fields.collect::<Vec<_>>().join(" ")
}
