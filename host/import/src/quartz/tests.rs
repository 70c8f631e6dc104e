//! What Quartz's own class answers, on a JDK with its zones, is the measure.

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;

use super::Expression;

/// A line each: an expression, a zone, an instant and the fires after it; without fires where Quartz refuses the expression.
const GOLDEN: &str = include_str!("golden.jsonl");

fn fires(expression: &Expression, zone: Tz, after: &str, count: usize) -> Vec<String> {
    let after = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
    std::iter::successors(expression.next_after(zone, after), |fire| {
        expression.next_after(zone, *fire)
    })
    .take(count)
    .map(|fire| fire.with_timezone(&zone).to_rfc3339())
    .collect()
}

#[test]
fn expressions_fire_and_are_refused_as_by_quartz() {
    let mut seen = 0;
    for line in GOLDEN.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["expr"].as_str().unwrap();
        match (case["next"].as_array(), Expression::read(text)) {
            (None, read) => assert!(read.is_err(), "{text}"),
            (Some(next), read) => {
                let zone: Tz = case["tz"].as_str().unwrap().parse().unwrap();
                let got = fires(&read.unwrap(), zone, case["after"].as_str().unwrap(), next.len());
                assert_eq!(&got, next, "{line}");
            }
        }
        seen += 1;
    }
    assert!(seen > 150);
}

#[test]
fn a_time_in_the_gap_is_lost_and_a_repeated_one_means_its_second_pass() {
    let zone = Tz::America__New_York;
    let expression = Expression::read("0 30 2 * * ?").unwrap();
    assert_eq!(
        fires(&expression, zone, "2027-03-13T12:00:00-05:00", 1),
        ["2027-03-15T02:30:00-04:00"]
    );
    let expression = Expression::read("0 30 1 * * ?").unwrap();
    assert_eq!(
        fires(&expression, zone, "2027-11-06T12:00:00-04:00", 2),
        ["2027-11-07T01:30:00-05:00", "2027-11-08T01:30:00-05:00"]
    );
}

#[test]
fn the_plain_form_leaves_out_what_quartz_ignores() {
    for (text, plain) in [
        ("0 0 2 * * ?", "0 0 2 * * ?"),
        ("0 0/5 8-18 ? * MON-FRI", "0 0/5 8-18 ? * 2-6"),
        ("0 0 12 ? * MONDAY", "0 0 12 ? * 2"),
        ("0 0 12 ? * mon-fri/2", "0 0 12 ? * 2-6"),
        ("0 */0 3/0 1 JANUARY ?", "0 * 3 1 1 ?"),
        ("0 0 0 ? * L", "0 0 0 ? * 7"),
        ("0 0 0 ? * 6#3,2", "0 0 0 ? * 2#3"),
        ("0 0 0 L-3W * ? 2027", "0 0 0 L-3W * ? 2027"),
        ("0 /15 22-2 * * ? *", "0 */15 22-2 * * ? *"),
        ("0 0-10/30 0 * * ? * trailing", "0 0 0 * * ? *"),
    ] {
        assert_eq!(Expression::read(text).unwrap().plain(), plain, "{text}");
    }
}

#[test]
fn refusals_name_the_field() {
    for (text, reason) in [
        ("0 0 2 * *", "6 or 7 fields"),
        ("0 0 2 * * *", "one must be ?"),
        ("0 0 2 ? * ?", "both ?"),
        ("0 60 2 * * ?", "minute field `60`"),
        ("0 0 2 * FOO ?", "month field `FOO`"),
        ("0 0 2 ? * 8", "day-of-week"),
        ("0 0/60 2 * * ?", "the step"),
        ("0 0 2 * * ? 2027-2020", "run backwards"),
        ("", "6 or 7 fields"),
        (&"*,".repeat(900), "longer"),
    ] {
        let error = Expression::read(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn nothing_that_is_read_runs_long_or_panics() {
    let never = Expression::read("0 0 0 31 2 ?").unwrap();
    assert_eq!(
        fires(&never, Tz::UTC, "2026-01-01T00:00:00Z", 1),
        Vec::<String>::new()
    );
    let past = Expression::read("0 0 0 1 1 ? 1970-1980/2").unwrap();
    assert_eq!(
        fires(&past, Tz::UTC, "2026-01-01T00:00:00Z", 1),
        Vec::<String>::new()
    );
    let far = Expression::read("0 0 0 29 2 ? 4294967295/4294967295");
    assert!(far.is_err() || far.is_ok_and(|far| fires(&far, Tz::UTC, "2026-01-01T00:00:00Z", 1).is_empty()));
}
