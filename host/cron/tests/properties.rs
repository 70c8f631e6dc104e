//! The engine against a brute force, both directions, in zones with every kind of clock change.

#![expect(clippy::unwrap_used, reason = "dates and expressions here are good")]

#[path = "model/mod.rs"]
mod model;

use chrono::{DateTime, Duration, TimeZone, Utc};
use chrono_tz::{OffsetComponents, Tz};
use model::Model;
use proptest::prelude::*;
use wasmtab_cron::{ClockChange, Dialect, Lang, Schedule};

/// Zones, each with the start of a day near a change (year, month, day).
const CHANGES: &[(Tz, i32, u32, u32)] = &[
    (Tz::America__New_York, 2025, 3, 9),
    (Tz::America__New_York, 2025, 11, 2),
    (Tz::Europe__Berlin, 2025, 3, 30),
    (Tz::Europe__Berlin, 2025, 10, 26),
    (Tz::Australia__Lord_Howe, 2025, 4, 5),
    (Tz::Australia__Lord_Howe, 2025, 10, 4),
    (Tz::America__Sao_Paulo, 2018, 11, 4),
    (Tz::America__Sao_Paulo, 2018, 2, 18),
    (Tz::America__Havana, 2025, 3, 9),
    (Tz::America__Havana, 2025, 11, 2),
    (Tz::Africa__Casablanca, 2024, 3, 10),
    (Tz::Africa__Casablanca, 2024, 4, 14),
    (Tz::Pacific__Apia, 2011, 12, 30),
    (Tz::Pacific__Kwajalein, 1993, 8, 21),
    (Tz::Asia__Kathmandu, 1985, 12, 31),
    (Tz::America__Caracas, 2016, 5, 1),
    (Tz::America__Caracas, 2007, 12, 9),
    (Tz::Antarctica__Troll, 2025, 3, 30),
    (Tz::Asia__Gaza, 2023, 4, 29),
    (Tz::UTC, 2024, 2, 29),
];

fn item(min: u32, max: u32) -> impl Strategy<Value = String> {
    let pair = (min..=max, min..=max).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![
        4 => (min..=max).prop_map(|value| value.to_string()),
        2 => pair.clone().prop_map(|(from, to)| format!("{from}-{to}")),
        1 => (pair, 1_u32..7).prop_map(|((from, to), step)| format!("{from}-{to}/{step}")),
        1 => (min..=max, 1_u32..7).prop_map(|(from, step)| format!("{from}/{step}")),
    ]
}

fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        1 => (1_u32..7).prop_map(|step| format!("*/{step}")),
        4 => prop::collection::vec(item(min, max), 1..3).prop_map(|items| items.join(",")),
    ]
}

/// Times near those at which clocks change.
fn hour() -> impl Strategy<Value = String> {
    prop_oneof![
        field(0, 23),
        field(0, 4),
        Just("2".to_owned()),
        Just("1-3".to_owned()),
        Just("0/2".to_owned())
    ]
}

fn wrapping(min: u32, max: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => field(min, max),
        1 => (min..=max, min..=max).prop_map(|(from, to)| format!("{from}-{to}")),
        1 => Just("/2".to_owned()),
    ]
}

fn named(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(names).prop_map(str::to_owned)
}

fn unix() -> impl Strategy<Value = String> {
    let days = prop_oneof![4 => field(1, 31), 1 => named(&["L", "LW", "15W", "1,L", "31W", "1W,2W"])];
    let weekdays = prop_oneof![
        4 => field(0, 7),
        1 => named(&["5L", "0#1", "mon#2", "7L,3", "SUN-TUE", "fri,SAT", "1#5", "0-7"])
    ];
    let months = prop_oneof![6 => Just("*".to_owned()), 1 => field(1, 12), 1 => named(&["jan-APR", "DEC"])];
    (field(0, 59), hour(), days, months, weekdays)
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

fn quartz() -> impl Strategy<Value = String> {
    let days = prop_oneof![
        field(1, 31).prop_map(|day| format!("{day} M ?")),
        named(&[
            "L M ?", "LW M ?", "L-3 M ?", "L-2W M ?", "15W M ?", "1W M ?", "28-3 M ?", "30W M ?"
        ]),
        wrapping(1, 7).prop_map(|day| format!("? M {day}")),
        named(&[
            "? M L",
            "? M 6L",
            "? M FRIL",
            "? M 6#3",
            "? M SUN#5",
            "? M FRI-MON",
            "? M 7-2/2"
        ]),
    ];
    let months =
        prop_oneof![6 => Just("*".to_owned()), 1 => wrapping(1, 12), 1 => Just("nov-feb".to_owned())];
    let seconds = prop_oneof![6 => Just("0".to_owned()), 1 => field(0, 59)];
    let years = prop_oneof![4 => Just(""), 1 => Just(" 2010-2030"), 1 => Just(" 1985/2")];
    (
        seconds,
        wrapping(0, 59),
        prop_oneof![hour(), wrapping(0, 23)],
        days,
        months,
        years,
    )
        .prop_map(|(second, minute, hour, days, month, year)| {
            format!("{second} {minute} {hour} {}{year}", days.replacen('M', &month, 1))
        })
}

fn window() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    (prop::sample::select(CHANGES), -50_i64..40, 0_i64..3600).prop_map(
        |((zone, year, month, day), hours, seconds)| {
            let day = Utc.with_ymd_and_hms(year, month, day, 0, 0, 0).unwrap();
            (zone, day + Duration::seconds(hours * 3600 + seconds))
        },
    )
}

fn agrees(expr: &str, zone: Tz, from: DateTime<Utc>) -> Result<(), TestCaseError> {
    let Ok(schedule) = Schedule::parse(expr, None) else {
        // Drawn by chance: a day that never comes.
        return Ok(());
    };
    let model = Model::read(expr);
    let seconds = expr.split_whitespace().count() > 5 && !expr.starts_with("0 ");
    let to = from
        + if seconds {
            Duration::hours(4)
        } else {
            Duration::hours(60)
        };
    // The model walks in its own steps, so the window must begin on one.
    let from = DateTime::from_timestamp(from.timestamp().div_euclid(60) * 60, 0).unwrap();
    let expected = model.fires(zone, from, to);

    let mut found = Vec::new();
    let mut at = from - Duration::nanoseconds(1);
    while let Some(next) = schedule.next_after(zone, at).filter(|next| *next < to) {
        prop_assert!(next > at, "{expr} in {zone}: {next} is not after {at}");
        found.push(next);
        at = next;
    }
    prop_assert_eq!(&found, &expected, "{} in {} from {}", expr, zone, from);

    let mut back = Vec::new();
    let mut at = to;
    while let Some(previous) = schedule
        .prev_before(zone, at)
        .filter(|previous| *previous >= from)
    {
        prop_assert!(previous < at);
        back.push(previous);
        at = previous;
    }
    back.reverse();
    prop_assert_eq!(&back, &expected, "{} in {} backwards from {}", expr, zone, to);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unix_fires_are_those_of_the_brute_force(expr in unix(), (zone, from) in window()) {
        agrees(&expr, zone, from)?;
    }

    #[test]
    fn quartz_fires_are_those_of_the_brute_force(expr in quartz(), (zone, from) in window()) {
        agrees(&expr, zone, from)?;
    }

    #[test]
    fn next_and_previous_are_mirrors_over_any_distance(
        expr in prop_oneof![unix(), quartz()],
        zone in prop::sample::select(chrono_tz::TZ_VARIANTS.as_slice()),
        at in -5_000_000_000_i64..8_000_000_000,
        nanos in prop_oneof![Just(0_u32), 0_u32..1_000_000_000],
    ) {
        let at = DateTime::from_timestamp(at, nanos).unwrap();
        if let Ok(schedule) = Schedule::parse(&expr, None) {
            if let Some(next) = schedule.next_after(zone, at) {
                prop_assert!(next > at);
                let before = schedule.prev_before(zone, next);
                prop_assert!(before.is_none_or(|before| before <= at), "{before:?} lies between {at} and {next}");
                if let Some(before) = before {
                    prop_assert_eq!(schedule.next_after(zone, before), Some(next));
                }
            }
            if let Some(previous) = schedule.prev_before(zone, at) {
                prop_assert!(previous < at);
                prop_assert!(schedule.next_after(zone, previous).is_none_or(|next| next >= at));
            }
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,80}", shape in "[0-9*/,#LW?@A-Za-z -]{0,60}") {
        for expr in [&text, &shape] {
            for dialect in [None, Some(Dialect::Unix), Some(Dialect::Quartz)] {
                match Schedule::parse(expr, dialect) {
                    Ok(schedule) => prop_assert!(!schedule.describe(Lang::Zh).is_empty()),
                    Err(error) => prop_assert!(!error.to_string().contains('\n')),
                }
            }
        }
    }

    #[test]
    fn every_schedule_is_described_without_gaps(expr in prop_oneof![unix(), quartz()]) {
        if let Ok(schedule) = Schedule::parse(&expr, None) {
            for lang in [Lang::En, Lang::Zh] {
                let text = schedule.describe(lang);
                prop_assert!(!text.is_empty() && text == text.trim(), "{}: {}", expr, text);
                prop_assert!(!text.contains("  ") && !text.contains(", ,"), "{}: {}", expr, text);
            }
        }
    }

    #[test]
    fn a_moved_fire_lies_at_the_end_of_a_gap((zone, from) in window(), minute in 0_u32..60, hour in 0_u32..4) {
        let schedule = Schedule::parse(&format!("{minute} {hour} * * *"), None).unwrap();
        let fire = schedule.next_after(zone, from).unwrap();
        let local = fire.with_timezone(&zone).naive_local();
        let planned = local.date().and_hms_opt(hour, minute, 0).unwrap();
        let change = schedule.clock_change(zone, fire);
        prop_assert!(local == planned || change == Some(ClockChange::Gap), "{fire} in {zone}");
        if change == Some(ClockChange::Gap) {
            // It may be at its planned time all the same: Samoa left a whole day out, and the next one has that time too.
            let second = chrono::TimeDelta::seconds(1);
            let before = (fire - second).with_timezone(&zone).naive_local();
            prop_assert!(before + second < local, "{fire} in {zone}");
        }
        if change == Some(ClockChange::Repeated) {
            prop_assert!(zone.from_local_datetime(&local).latest() > zone.from_local_datetime(&local).earliest());
        }
    }
}

#[test]
fn instants_at_the_ends_of_time_end_the_search_quietly() {
    for expr in ["* * * * *", "0 2 * * *", "0 0 29 2 *", "0 0 0 1 1 ? 1970"] {
        let schedule = Schedule::parse(expr, None).unwrap();
        for zone in [Tz::UTC, Tz::Asia__Manila, Tz::America__Juneau] {
            assert!(
                schedule.next_after(zone, DateTime::<Utc>::MIN_UTC).is_some(),
                "{expr}"
            );
            assert!(
                schedule.next_after(zone, DateTime::<Utc>::MAX_UTC).is_none(),
                "{expr}"
            );
            assert!(
                schedule.prev_before(zone, DateTime::<Utc>::MAX_UTC).is_some(),
                "{expr}"
            );
            assert!(
                schedule.prev_before(zone, DateTime::<Utc>::MIN_UTC).is_none(),
                "{expr}"
            );
        }
    }
}

/// The engine looks for one clock change in two days, of at most 24 hours, on clocks at most 16 hours from UTC.
#[test]
fn no_zone_breaks_what_the_search_takes_for_granted() {
    for zone in chrono_tz::TZ_VARIANTS {
        let mut changed: Option<i64> = None;
        let mut previous: Option<i64> = None;
        // 1838 to 2106 by days.
        for day in -48_000..50_000_i64 {
            let at = DateTime::from_timestamp(day * 86_400, 0).unwrap();
            let parts = zone.offset_from_utc_datetime(&at.naive_utc());
            let offset = (parts.base_utc_offset() + parts.dst_offset()).num_seconds();
            assert!(offset.abs() < 16 * 3600, "{zone} is {offset} s from UTC at {at}");
            if previous.is_some_and(|previous| previous != offset) {
                assert!(
                    (offset - previous.unwrap_or_default()).abs() <= 24 * 3600,
                    "{zone} at {at}"
                );
                let apart = changed.map(|changed| at.timestamp() - changed);
                assert!(
                    apart.is_none_or(|apart| apart > 3 * 86_400),
                    "{zone} changes twice at {at}"
                );
                changed = Some(at.timestamp());
            }
            previous = Some(offset);
        }
    }
}
