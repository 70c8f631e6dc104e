//! The old system's fires beside ours.

use chrono_tz::Tz;
use wasmtab_import::{
    Import,
    compare::{Comparison, compare},
    crontab::{self, Kind},
    xxl_job,
};

use crate::support::{XXL_2_4, at, options, tables, xxl};

#[track_caller]
fn of<'a>(comparisons: &'a [Comparison], origin: &str) -> &'a Comparison {
    comparisons
        .iter()
        .find(|comparison| comparison.origin == origin)
        .expect("it is compared")
}

fn cron(schedule: &str, zone: Tz) -> Import {
    crontab::import(&format!("{schedule} x\n"), Kind::User, &options(zone)).expect("it is read")
}

fn xxl_cron(expression: &str, zone: Tz) -> Import {
    let dump = format!(
        "INSERT INTO xxl_job_info (id, job_cron, job_desc, executor_handler, glue_type, trigger_status) VALUES (1, '{expression}', 'j', 'h', 'BEAN', 1);"
    );
    xxl_job::import(&tables(dump.as_bytes(), &xxl_job::TABLES), &options(zone)).expect("it is read")
}

#[test]
fn where_no_clock_changes_the_fires_are_the_same() {
    let comparisons = compare(&xxl(XXL_2_4), at("2025-11-26T23:59:00+08:00"), 5);
    for comparison in &comparisons {
        assert_eq!(
            comparison.differences,
            Vec::<String>::new(),
            "{}",
            comparison.name
        );
        if let Some(old) = &comparison.old {
            assert_eq!(old, &comparison.new, "{}", comparison.name);
        }
    }
    let grid = of(&comparisons, "id 2");
    assert_eq!(grid.new[0], at("2025-11-27T00:00:00+08:00"));
    assert_eq!(grid.new[4], at("2025-11-27T00:06:00+08:00"));
    let weekdays = of(&comparisons, "id 11");
    assert_eq!(
        weekdays.new[1],
        at("2025-11-28T12:00:00+08:00"),
        "Friday: the step was never one"
    );
    assert_eq!(
        (
            of(&comparisons, "id 15").old.as_deref(),
            of(&comparisons, "id 15").new.as_slice()
        ),
        (Some(&[][..]), &[][..])
    );
}

#[test]
fn where_there_is_no_telling_it_says_why() {
    let comparisons = compare(&xxl(XXL_2_4), at("2025-11-26T23:59:00+08:00"), 5);
    assert!(
        of(&comparisons, "id 12")
            .remark
            .as_deref()
            .unwrap()
            .contains("is started there")
    );
    assert!(
        of(&comparisons, "id 13")
            .remark
            .as_deref()
            .unwrap()
            .contains("FIX_DELAY")
    );
    assert_eq!(of(&comparisons, "id 12").old, None);
}

#[test]
fn a_fire_that_quartz_loses_in_the_gap_is_named() {
    let import = xxl_cron("0 30 2 * * ?", Tz::America__New_York);
    let far = compare(&import, at("2026-12-01T00:00:00Z"), 2);
    assert_eq!(
        far[0].differences,
        [
            "clock change of 2027-03-14T03:00:00-04:00: wasmtab fires at 2027-03-14T03:00:00-04:00, XXL-JOB does not"
        ]
    );
    let near = compare(&import, at("2027-03-13T12:00:00Z"), 2);
    assert!(
        near[0].differences[0]
            .starts_with("fire 1: XXL-JOB 2027-03-15T02:30:00-04:00, wasmtab 2027-03-14T03:00:00-04:00")
    );
}

#[test]
fn the_pass_of_a_repeated_hour_is_named() {
    let fixed = compare(
        &xxl_cron("0 30 1 * * ?", Tz::America__New_York),
        at("2027-10-01T00:00:00Z"),
        1,
    );
    assert_eq!(
        fixed[0].differences[0],
        "clock change of 2027-11-07T01:00:00-05:00: XXL-JOB fires at 2027-11-07T01:30:00-05:00, wasmtab does not; \
         wasmtab fires at 2027-11-07T01:30:00-04:00, XXL-JOB does not"
    );
    let open = compare(
        &xxl_cron("0 0/20 * * * ?", Tz::America__New_York),
        at("2027-10-01T00:00:00Z"),
        1,
    );
    assert!(
        open[0].differences[0]
            .contains("wasmtab fires at 2027-11-07T01:00:00-04:00, 2027-11-07T01:20:00-04:00"),
        "{:?}",
        open[0]
    );
    let midday = compare(
        &xxl_cron("0 0 12 * * ?", Tz::America__New_York),
        at("2027-10-01T00:00:00Z"),
        1,
    );
    assert!(midday[0].is_equal());
}

#[test]
fn cron_does_at_a_clock_change_what_wasmtab_does() {
    for schedule in [
        "30 2 * * *",
        "30 1 * * *",
        "*/7 * * * *",
        "0 * * * *",
        "@hourly",
        "@daily",
        "15 3 * * 0",
    ] {
        let comparisons = compare(
            &cron(schedule, Tz::America__New_York),
            at("2027-01-01T00:00:00Z"),
            5,
        );
        assert!(
            comparisons[0].is_equal(),
            "{schedule}: {:?}",
            comparisons[0].differences
        );
    }
}

#[test]
fn several_times_in_one_gap_are_several_runs_to_cron() {
    let comparisons = compare(
        &cron("0,30 2 * * *", Tz::America__New_York),
        at("2027-01-01T00:00:00Z"),
        5,
    );
    assert_eq!(
        comparisons[0].differences,
        ["clock change of 2027-03-14T03:00:00-04:00: cron fires 2 times, wasmtab 1"]
    );
}

#[test]
fn every_second_of_a_clock_change_is_looked_at_in_good_time() {
    let comparisons = compare(
        &xxl_cron("* * * * * ?", Tz::Europe__Berlin),
        at("2027-01-01T00:00:00Z"),
        5,
    );
    assert_eq!(
        comparisons[0].differences.len(),
        1,
        "{:?}",
        comparisons[0].differences
    );
    assert!(
        comparisons[0].differences[0].contains("3597 more"),
        "{:?}",
        comparisons[0].differences
    );
}
