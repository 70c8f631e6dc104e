//! The fires of a revision by brute force: every minute or second of a span is looked at.

use chrono::{Datelike, NaiveDateTime, Offset, TimeZone, Timelike};
use wasmtab_domain::{job::JobSpec, policy::JobStatus, time::Timestamp};

/// The fires of `spec` after `after` and up to `until`, in order. Expressions must be of the plain kind: numbers, lists, ranges
/// and steps; those at fixed times need a zone whose clock does not change.
#[must_use]
pub fn fires(spec: &JobSpec, created_at: Timestamp, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    if spec.status == JobStatus::Stopped {
        return Vec::new();
    }
    let mut fires = match (&spec.cron_expression, spec.every) {
        (Some(expression), _) => cron(expression, spec, after, until),
        (None, Some(every)) => grid(spec, created_at, every.as_secs(), after, until),
        (None, None) => Vec::new(),
    };
    fires.retain(|fire| {
        spec.start_at.is_none_or(|start| *fire >= start) && spec.end_at.is_none_or(|end| *fire <= end)
    });
    fires
}

fn grid(
    spec: &JobSpec,
    created_at: Timestamp,
    secs: u64,
    after: Timestamp,
    until: Timestamp,
) -> Vec<Timestamp> {
    let step = secs as i64 * 1_000_000;
    // A stated start is a fire itself; a creation is not.
    let mut fire = match spec.start_at {
        Some(start) => start.as_micros(),
        None => created_at.as_micros() + step,
    };
    let mut fires = Vec::new();
    while fire <= until.as_micros() {
        if fire > after.as_micros() {
            fires.push(Timestamp::from_micros(fire));
        }
        fire += step;
    }
    fires
}

fn cron(expression: &str, spec: &JobSpec, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut fields: Vec<&str> = expression.split_whitespace().collect();
    let step = if fields.len() == 5 {
        fields.insert(0, "0");
        60
    } else {
        1
    };
    let mut secs = after.as_micros().div_euclid(1_000_000).div_euclid(step) * step;
    let mut fires = Vec::new();
    while secs * 1_000_000 <= until.as_micros() {
        let at = Timestamp::from_secs(secs);
        let utc = at.to_chrono().naive_utc();
        let local = utc + spec.timezone.offset_from_utc_datetime(&utc).fix();
        if at > after && matches(&fields, local) {
            fires.push(at);
        }
        secs += step;
    }
    fires
}

fn matches(fields: &[&str], local: NaiveDateTime) -> bool {
    let values = [
        local.second(),
        local.minute(),
        local.hour(),
        local.day(),
        local.month(),
    ];
    values
        .iter()
        .zip(fields)
        .all(|(value, field)| field.split(',').any(|item| lets_pass(item, *value)))
}

fn lets_pass(item: &str, value: u32) -> bool {
    let (range, step) = item.split_once('/').unwrap_or((item, "1"));
    let number = |text: &str| text.parse::<u32>().expect("an expression of the plain kind");
    let step = number(step);
    match range.split_once('-') {
        _ if range == "*" || range == "?" => value.is_multiple_of(step),
        Some((from, to)) => {
            let (from, to) = (number(from), number(to));
            (from..=to).contains(&value) && (value - from).is_multiple_of(step)
        }
        None => range.parse() == Ok(value),
    }
}
