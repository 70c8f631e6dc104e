//! What is refused, and how it is said.

use wasmtab_cron::{Dialect, Schedule};

fn refused(expr: &str, field: &str, reason: &str) {
    let error = Schedule::parse(expr, None).expect_err(expr);
    assert_eq!(error.field(), field, "{error}");
    assert!(error.reason().contains(reason), "{error}");
}

#[test]
fn a_refusal_names_the_field_and_the_reason() {
    refused(
        "0 0 32 * *",
        "dayOfMonth",
        "32 is out of range, 1 to 31 are allowed",
    );
    refused("60 * * * *", "minute", "out of range");
    refused("* 24 * * *", "hour", "out of range");
    refused("* * * 0 *", "month", "out of range");
    refused("* * * * 8", "dayOfWeek", "out of range");
    refused("60 * * * * ?", "second", "out of range");
    refused("0 0 0 1 1 ? 2200", "year", "out of range");
    refused("30-10 * * * *", "minute", "reversed");
    refused("0 0 * * FRI-SUN", "dayOfWeek", "reversed");
    refused("0 0 0 1 1 ? 2030-2020", "year", "reversed");
    refused(", * * * *", "minute", "empty item");
    refused("1,,2 * * * *", "minute", "empty item");
    refused("*/0 * * * *", "minute", "step of 0");
    refused("*/ * * * *", "minute", "not a number");
    refused("/5 * * * *", "minute", "missing");
    refused("0 0/61 * * * ?", "minute", "larger than");
    refused("0 0 * * MONDAY", "dayOfWeek", "MONDAY");
    refused("0 0 * * MON#2L", "dayOfWeek", "#");
    refused("0 0 * JANx *", "month", "JANx");
    refused("+1 * * * *", "minute", "not a number");
    refused("0 0 ? * *", "dayOfMonth", "`?`");
    refused("0 0 L-3 * *", "dayOfMonth", "quartz");
    refused("0 0 * * L", "dayOfWeek", "weekday before it");
    refused("0 0 0 L,15 * ?", "dayOfMonth", "stand alone");
    refused("0 0 0 * * *", "dayOfWeek", "?");
    refused("0 0 0 ? * ?", "dayOfWeek", "only one");
    refused("@reboot", "expression", "@daily");
    refused("@daily 1", "expression", "follow");
    refused("", "expression", "empty");
    refused("* * * *", "expression", "4 found");
    refused("* * * * * * * * *", "expression", "9 found");
}

#[test]
fn an_expression_that_never_fires_is_refused() {
    refused("0 0 31 2 *", "dayOfMonth", "never");
    refused("0 0 31W 4,6 *", "dayOfMonth", "never");
    refused("0 0 0 30 2 ?", "dayOfMonth", "never");
    refused("0 0 0 29 2 ? 2027", "dayOfMonth", "never");
    refused("0 0 0 ? 2 2#5 2027", "dayOfWeek", "never");
    assert!(
        Schedule::parse("0 0 31 2 MON", None).is_ok(),
        "either day field is enough"
    );
    assert!(
        Schedule::parse("0 0 0 1 1 ? 1999", None).is_ok(),
        "the past is no error"
    );
}

#[test]
fn the_message_is_one_line_that_says_where() {
    let error = Schedule::parse("0 0 32 * *", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cronExpression: day-of-month field `32`: 32 is out of range, 1 to 31 are allowed"
    );
    let long = Schedule::parse(&"9".repeat(600), None).unwrap_err().to_string();
    assert!(long.len() < 160 && long.contains("longer than 512"), "{long}");
    let strange = Schedule::parse("\u{1b}[31m * * * *", None)
        .unwrap_err()
        .to_string();
    assert!(!strange.contains('\u{1b}'), "{strange}");
}

#[test]
fn space_and_case_do_not_matter() {
    let plain = Schedule::parse("0 9 * JAN MON-FRI", None);
    assert!(plain.is_ok());
    assert_eq!(Schedule::parse("\t 0  9\t*   jan  Mon-fri \n", None), plain);
    assert_eq!(
        Schedule::parse("@Daily", None),
        Schedule::parse("0 0 * * *", None)
    );
}

#[test]
fn the_dialect_is_told_or_counted() {
    assert_eq!(
        Schedule::parse("0 0 * * *", None).unwrap().dialect(),
        Dialect::Unix
    );
    assert_eq!(
        Schedule::parse("0 0 0 * * ?", None).unwrap().dialect(),
        Dialect::Quartz
    );
    assert_eq!(
        Schedule::parse("0 0 0 * * ?", Some(Dialect::Unix))
            .unwrap_err()
            .field(),
        "expression"
    );
    assert_eq!(
        Schedule::parse("0 0 * * *", Some(Dialect::Quartz))
            .unwrap_err()
            .field(),
        "expression"
    );
    assert_eq!(
        Schedule::parse("@daily", Some(Dialect::Quartz))
            .unwrap_err()
            .field(),
        "expression"
    );
}
