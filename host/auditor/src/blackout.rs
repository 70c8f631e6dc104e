//! Blackouts: dates and hours of the week, a job's own or a calendar's, by the wall clock of the job's zone.

use chrono::{Datelike, Days, NaiveDateTime, Offset, TimeZone, Timelike};
use wasmtab_domain::{
    job::{Blackout, Calendars, JobSpec, Window},
    time::Timestamp,
};

/// Whether a blackout of the job covers the fire.
#[must_use]
pub fn holds(spec: &JobSpec, calendars: &Calendars, fire: Timestamp) -> bool {
    let utc = fire.to_chrono().naive_utc();
    let local = utc + spec.timezone.offset_from_utc_datetime(&utc).fix();
    spec.blackouts.iter().any(|blackout| match blackout {
        Blackout::Window(window) => covers(window, local),
        Blackout::Calendar(name) => calendars
            .get(name)
            .is_some_and(|windows| windows.iter().any(|window| covers(window, local))),
    })
}

fn covers(window: &Window, local: NaiveDateTime) -> bool {
    match window {
        Window::Dates(first, last) => first
            .iter_days()
            .take_while(|day| day <= last)
            .any(|day| day == local.date()),
        Window::Weekly { days, from, until } => {
            let (from, until) = (u32::from(*from), u32::from(*until));
            // A window that passes midnight began the day before.
            let length = if from < until {
                until - from
            } else {
                until + 24 * 60 - from
            };
            [0_u8, 1].into_iter().any(|back| {
                let day = local.date() - Days::new(back.into());
                let since = local.hour() * 60 + local.minute() + 24 * 60 * u32::from(back);
                days >> day.weekday().num_days_from_monday() & 1 == 1
                    && (from..from + length).contains(&since)
            })
        }
    }
}
