//! `wasmtab cron` needs no server.

use crate::support::wasmtab;
use serde_json::json;

#[test]
fn the_next_fires_bear_the_offset_of_the_zone() {
    let next = |arguments: &[&str]| {
        wasmtab(&[&["cron", "next", "-o", "json"], arguments].concat())
            .exits(0)
            .json()
    };
    assert_eq!(
        next(&[
            "0 9 * * 1",
            "--tz",
            "Asia/Shanghai",
            "--after",
            "2026-11-24T00:00:00Z",
            "-n",
            "2"
        ]),
        json!({"next": ["2026-11-30T09:00:00+08:00", "2026-12-07T09:00:00+08:00"]})
    );
    assert_eq!(
        next(&[
            "0 2 * * *",
            "--tz",
            "UTC",
            "--after",
            "2026-11-24T02:00:00Z",
            "-n",
            "1"
        ]),
        json!({"next": ["2026-11-25T02:00:00+00:00"]})
    );
    assert_eq!(
        next(&[
            "0 15 10 L * ?",
            "--dialect",
            "quartz",
            "--tz",
            "UTC",
            "--after",
            "2027-02-01T00:00:00+00:00",
            "-n",
            "1"
        ]),
        json!({"next": ["2027-02-28T10:15:00+00:00"]})
    );
    assert_eq!(
        next(&[
            "0 0 12 1 1 ? 2020",
            "--tz",
            "UTC",
            "--after",
            "2026-01-01T00:00:00Z"
        ]),
        json!({"next": []})
    );
}

#[test]
fn ndjson_is_one_fire_a_line() {
    let arguments = [
        "cron",
        "next",
        "0 * * * *",
        "--tz",
        "UTC",
        "--after",
        "2026-01-01T00:00:00Z",
        "-n",
        "2",
        "-o",
        "ndjson",
    ];
    assert_eq!(
        wasmtab(&arguments).exits(0).stdout,
        "\"2026-01-01T01:00:00+00:00\"\n\"2026-01-01T02:00:00+00:00\"\n"
    );
}

#[test]
fn a_clock_change_is_flagged() {
    let arguments = [
        "cron",
        "next",
        "30 2 * * *",
        "--tz",
        "America/New_York",
        "--after",
        "2027-03-13T12:00:00Z",
        "-n",
        "2",
    ];
    let done = wasmtab(&arguments).exits(0);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines[0], "At 02:30 every day  (America/New_York)");
    assert!(
        lines[1].starts_with("2027-03-14 03:00:00 -04:00  clock change: "),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "2027-03-15 02:30:00 -04:00");
}

#[test]
fn an_expression_is_explained_in_both_languages() {
    assert_eq!(
        wasmtab(&["cron", "explain", "0 2 * * *", "--lang", "zh"])
            .exits(0)
            .stdout,
        "每天 02:00\n"
    );
    let explained = wasmtab(&["cron", "explain", "0 2 * * *", "--lang", "en", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(explained["description"], "At 02:00 every day");
    assert_eq!(explained["dialect"], "unix");
}

#[test]
fn what_is_wrong_is_named() {
    wasmtab(&["cron", "next", "0 25 * * *", "--tz", "UTC"])
        .exits(2)
        .says("hour");
    wasmtab(&["cron", "next", "0 0 31 2 *", "--tz", "UTC"])
        .exits(2)
        .says("cronExpression");
    wasmtab(&["cron", "explain", "* * *"])
        .exits(2)
        .says("cronExpression");
    wasmtab(&["cron", "explain", "0 0 * * * *", "--dialect", "unix"])
        .exits(2)
        .says("cronExpression");
    wasmtab(&["cron", "next", "0 2 * * *", "--tz", "Mars"])
        .exits(2)
        .says("--tz: `Mars`");
    wasmtab(&["cron", "next", "0 2 * * *", "--tz", "UTC", "--after", "noon"])
        .exits(2)
        .says("--after: `noon`");
    wasmtab(&["cron", "next", "0 2 * * *", "--tz", "UTC", "-n", "0"]).exits(2);
}

#[test]
fn an_expression_may_begin_with_a_hyphen_or_be_hostile() {
    wasmtab(&["cron", "next", "-1 * * * *", "--tz", "UTC"])
        .exits(2)
        .says("minute");
    wasmtab(&["cron", "next", &"*,".repeat(5_000), "--tz", "UTC"]).exits(2);
    wasmtab(&["cron", "next", "", "--tz", "UTC"]).exits(2);
}
