//! Cron expressions as Quartz reads and fires them, for XXL-JOB (which carries a copy of its class) and yudao.
//!
//! Independent of our own engine on purpose: it is what a comparison compares with. It follows Quartz where the two differ:
//! what stands behind a complete value is ignored (`MONDAY`, and the step in `MON-FRI/2`), a step of 0 is no step, and at clock
//! changes the gap is lost and a repeated time means its second pass. Known limits: clock changes other than by one hour, where
//! it carries minutes over oddly, and `W` beside several times a day, of which releases from 2.5 lose some.

mod item;
mod next;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

/// An expression that Quartz takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    /// Bits 0 to 59.
    seconds: u64,
    /// Bits 0 to 59.
    minutes: u64,
    /// Bits 0 to 23.
    hours: u32,
    days: Days,
    /// Bits 1 to 12.
    months: u16,
    /// None: every year.
    years: Option<BTreeSet<i32>>,
    /// The same, written without what Quartz ignores.
    plain: String,
}

/// What the two day fields say together: Quartz has exactly one of them speak.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    Month(MonthDays),
    /// Bits 1 (Sunday) to 7.
    Week(u8),
    /// The last such weekday of the month; 1 is Sunday.
    LastWeekday(u8),
    /// The weekday and which one of the month, from 1.
    NthWeekday(u8, u8),
}

/// Days of the month; several kinds may stand in one list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct MonthDays {
    /// Bits 1 to 31.
    plain: u32,
    /// Bit n: the workday nearest to day n.
    near: u32,
    /// Bit n: n days before the month's last.
    last: u32,
    /// Bit n: the workday nearest to that.
    near_last: u32,
}

impl Expression {
    /// The expression without what Quartz ignores: our engine reads it alike, unless it lacks a form.
    pub(crate) fn plain(&self) -> &str {
        &self.plain
    }
}
