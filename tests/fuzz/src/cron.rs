//! Expressions: whatever the text, it is refused or it fires, soon and in order; and it fires when an independent reading says so.

#![no_main]

#[path = "../../../host/cron/tests/model/mod.rs"]
mod model;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use libfuzzer_sys::fuzz_target;
use wasmtab_cron::{Dialect, Lang, Schedule};

use crate::model::Model;

/// What one expression may take, with all the instruments and on a busy machine: a search without an end takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Fires that are asked for.
const FIRES: usize = 20;

const ZONES: [Tz; 8] = [
    Tz::UTC,
    Tz::Asia__Shanghai,
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
    Tz::America__Havana,
    Tz::Africa__Casablanca,
];

fuzz_target!(|data: &[u8]| {
    let [choice, day, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let dialect = match choice >> 6 {
        0 => Some(Dialect::Unix),
        1 => Some(Dialect::Quartz),
        _ => None,
    };
    let begun = Instant::now();
    let Ok(schedule) = Schedule::parse(text, dialect) else {
        return;
    };
    for lang in [Lang::En, Lang::Zh] {
        assert!(!schedule.describe(lang).is_empty());
    }
    let zone = ZONES[usize::from(choice & 7)];
    // A day between 1990 and 2060.
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(7_305 + i64::from(*day) * 100);
    let mut at = from;
    for _ in 0..FIRES {
        let Some(fire) = schedule.next_after(zone, at) else {
            break;
        };
        assert!(fire > at, "{text}: {fire} does not come after {at}");
        let before = schedule.prev_before(zone, fire + TimeDelta::seconds(1));
        assert_eq!(before, Some(fire), "{text}: there and back");
        at = fire;
    }
    assert!(begun.elapsed() < PATIENCE, "{text} took {:?}", begun.elapsed());
    // Walking second by second is dear.
    let window = if is_by_the_second(text) {
        TimeDelta::minutes(5)
    } else {
        TimeDelta::hours(30)
    };
    if !is_by_the_second(text) || choice & 0b11_1000 == 0 {
        compare(text, &schedule, zone, from, from + window);
    }
});

fn is_by_the_second(text: &str) -> bool {
    let mut fields = text.split_whitespace();
    fields.clone().count() > 5 && fields.next() != Some("0")
}

fn compare(text: &str, schedule: &Schedule, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) {
    let expected = Model::read(spelled(text)).fires(zone, from, to);
    let mut found = Vec::new();
    let mut at = from - TimeDelta::microseconds(1);
    while let Some(fire) = schedule.next_after(zone, at).filter(|fire| *fire < to) {
        found.push(fire);
        at = fire;
    }
    assert_eq!(found, expected, "{text} in {zone} from {from} to {to}");
}

/// Nicknames, spelled out.
fn spelled(text: &str) -> &str {
    match text.trim().to_lowercase().as_str() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        _ => text,
    }
}
