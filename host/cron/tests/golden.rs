//! The golden cases and the refusals, every one.

#![expect(clippy::unwrap_used, reason = "the data are this crate's own")]

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use wasmtab_cron::{Dialect, Schedule};

#[derive(Deserialize)]
struct Golden {
    dialect: String,
    expr: String,
    tz: String,
    after: DateTime<FixedOffset>,
    next: Vec<DateTime<FixedOffset>>,
    cat: String,
}

#[derive(Deserialize)]
struct Reject {
    dialect: String,
    expr: String,
}

fn lines<T: for<'de> Deserialize<'de>>(text: &str) -> Vec<T> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn golden_cases_fire_when_the_references_say() {
    let mut wrong = BTreeMap::<String, Vec<String>>::new();
    let cases: Vec<Golden> = lines(include_str!("data/golden.jsonl"));
    assert!(cases.len() >= 167, "the golden cases are incomplete");
    for case in cases {
        let dialect: Dialect = case.dialect.parse().unwrap();
        let schedule = Schedule::parse(&case.expr, Some(dialect)).unwrap();
        assert_eq!(
            Schedule::parse(&case.expr, None).as_ref(),
            Ok(&schedule),
            "{}",
            case.expr
        );
        let zone: Tz = case.tz.parse().unwrap();
        let mut at = case.after.with_timezone(&Utc);
        for expected in &case.next {
            let next = schedule
                .next_after(zone, at)
                .map(|next| next.with_timezone(&zone).to_rfc3339());
            if next != Some(expected.to_rfc3339()) {
                let line = format!("{} in {zone} after {at}: {next:?}, not {expected}", case.expr);
                wrong.entry(case.cat.clone()).or_default().push(line);
                break;
            }
            at = expected.with_timezone(&Utc);
        }
        for pair in case.next.windows(2) {
            let before = schedule.prev_before(zone, pair[1].with_timezone(&Utc));
            assert_eq!(
                before,
                Some(pair[0].with_timezone(&Utc)),
                "{} in {zone}",
                case.expr
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rejects_are_refused_with_the_field_named() {
    for case in lines::<Reject>(include_str!("data/rejects.jsonl")) {
        let dialect: Dialect = case.dialect.parse().unwrap();
        let error = Schedule::parse(&case.expr, Some(dialect)).expect_err(&case.expr);
        assert!(!error.field().is_empty() && !error.reason().is_empty(), "{error}");
        assert!(error.to_string().starts_with("cronExpression: "), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
