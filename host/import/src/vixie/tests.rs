//! The cases of our own engine, which come from an independent implementation of cron, and what only cron does.

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;

use super::Entry;

const GOLDEN: &str = include_str!("../../../cron/tests/data/golden.jsonl");

fn fires(expression: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
    let after = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
    let entry = Entry::read(expression).unwrap();
    entry
        .fires_after(zone, after)
        .take(count)
        .map(|fire| fire.with_timezone(&zone).to_rfc3339())
        .collect()
}

#[test]
fn entries_fire_as_by_cron() {
    let mut seen = 0;
    for line in GOLDEN.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let expression = case["expr"].as_str().unwrap();
        // Extensions, which cron itself refuses.
        let extension = case["dialect"] != "unix" || Entry::read(expression).is_err();
        if extension {
            continue;
        }
        let zone: Tz = case["tz"].as_str().unwrap().parse().unwrap();
        let next: Vec<DateTime<_>> = case["next"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fire| {
                DateTime::parse_from_rfc3339(fire.as_str().unwrap())
                    .unwrap()
                    .to_utc()
            })
            .collect();
        let after = DateTime::parse_from_rfc3339(case["after"].as_str().unwrap())
            .unwrap()
            .to_utc();
        // Each time in a gap is a run of its own, which the cases count once.
        let mut got: Vec<_> = Entry::read(expression)
            .unwrap()
            .fires_after(zone, after)
            .take(next.len() * 4)
            .collect();
        got.dedup();
        got.truncate(next.len());
        assert_eq!(got, next, "{line}");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn fixed_times_in_a_gap_are_caught_up_one_by_one() {
    assert_eq!(
        fires(
            "0,30 2 * * *",
            Tz::America__New_York,
            "2027-03-13T12:00:00-05:00",
            3
        ),
        [
            "2027-03-14T03:00:00-04:00",
            "2027-03-14T03:00:00-04:00",
            "2027-03-15T02:00:00-04:00"
        ]
    );
}

#[test]
fn a_repeated_hour_repeats_wildcards_alone() {
    let zone = Tz::America__New_York;
    assert_eq!(
        fires("30 1 * * *", zone, "2027-11-07T00:00:00-04:00", 2),
        ["2027-11-07T01:30:00-04:00", "2027-11-08T01:30:00-05:00"]
    );
    assert_eq!(
        fires("30 * * * *", zone, "2027-11-07T01:00:00-04:00", 3),
        [
            "2027-11-07T01:30:00-04:00",
            "2027-11-07T01:30:00-05:00",
            "2027-11-07T02:30:00-05:00"
        ]
    );
}

#[test]
fn refusals_are_crons_own() {
    for expression in [
        "0/15 * * * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * 5#3",
        "*/0 * * * *",
        "60 * * * *",
        "*5 * * * *",
        "0 0 * FOO *",
        "1~5 0 * * *",
        "0 0 * * 5-2",
        "@every 5m",
        "0 0 * *",
        "0, 0 * * *",
    ] {
        assert!(Entry::read(expression).is_err(), "{expression}");
    }
    for expression in [
        "*/90 * * * *",
        "0 0 * * 7",
        "0 0 * * FRI-SUN",
        "0 0 * jan,Feb sun-mon/2",
        "@midnight",
    ] {
        assert!(Entry::read(expression).is_ok(), "{expression}");
    }
}
