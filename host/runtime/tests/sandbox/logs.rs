//! What guests log.

use std::sync::Arc;

use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{Attempt, LogLevel};

use crate::{
    guest::Guest,
    support::{Heard, SHARED, attempt},
};

const LOG: &str = r#"(import "wasmtab:job/logging@1.0.0" "log" (func $log (param i32 i32 i32 i32 i32)))"#;
const WRITE: &str =
    r#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))"#;

#[tokio::test]
async fn log_calls_keep_level_topic_and_time() {
    let guest = Guest {
        imports: LOG,
        data: r#"(data (i32.const 1024) "topic") (data (i32.const 1040) "\1b[31mhello\1b[0m")"#,
        execute: "(call $log (i32.const 4) (i32.const 1024) (i32.const 5) (i32.const 1040) (i32.const 14))
          (call $done (i32.const 0) (i32.const 0))",
        ..Guest::default()
    };
    let heard = Arc::new(Heard::default());
    let report = SHARED
        .run(
            guest.component(),
            Attempt {
                observer: heard.clone(),
                ..attempt()
            },
        )
        .await;
    let line = &report.logs.lines[0];
    assert_eq!(
        (line.level, line.target.as_str(), line.message.as_str()),
        (LogLevel::Error, "topic", "hello")
    );
    assert_eq!(line.at.to_string(), "2027-01-15T08:00:00Z");
    assert_eq!(*heard.lines.lock().unwrap(), report.logs.lines);
}

#[tokio::test]
async fn a_log_flood_is_bounded_and_counted() {
    let guest = Guest {
        imports: LOG,
        execute: "(local.set $left (i32.const 30000))
          (loop $again
            (call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 512) (i32.const 5))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (call $done (i32.const 0) (i32.const 0))",
        ..Guest::default()
    };
    let report = SHARED.run(guest.component(), attempt()).await;
    assert_eq!(report.status, AttemptStatus::Success);
    assert_eq!(
        (report.logs.lines.len(), report.logs.cut_lines, report.logs.cut_at),
        (10_000, 20_000, 2_500)
    );
}

#[tokio::test]
async fn a_handlers_streams_become_lines() {
    let guest = Guest {
        imports: WRITE,
        // Two lines and the beginning of a third on stdout, one on stderr.
        data: r#"(data (i32.const 1024) "one\ntwo\nthr") (data (i32.const 1040) "oops\n")
          (data (i32.const 1056) "\00\04\00\00\0b\00\00\00") (data (i32.const 1064) "\10\04\00\00\05\00\00\00")"#,
        execute: "(drop (call $write (i32.const 1) (i32.const 1056) (i32.const 1) (i32.const 1100)))
          (drop (call $write (i32.const 2) (i32.const 1064) (i32.const 1) (i32.const 1100)))
          (call $done (i32.const 0) (i32.const 0))",
        ..Guest::default()
    };
    let report = SHARED.run(guest.module(), attempt()).await;
    let lines: Vec<_> = report
        .logs
        .lines
        .iter()
        .map(|line| (line.level, line.target.as_str(), line.message.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (LogLevel::Info, "stdout", "one"),
            (LogLevel::Info, "stdout", "two"),
            (LogLevel::Warn, "stderr", "oops"),
            (LogLevel::Info, "stdout", "thr"),
        ]
    );
}

#[tokio::test]
async fn logs_of_a_stopped_guest_are_kept() {
    let guest = Guest {
        imports: LOG,
        execute: "(call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 512) (i32.const 5)) (loop $again (br $again)) (unreachable)",
        ..Guest::default()
    };
    let report = SHARED.run(guest.component(), crate::support::brief()).await;
    assert_eq!(report.status, AttemptStatus::Timeout);
    assert_eq!(report.logs.lines[0].message, "Guest");
}

#[tokio::test]
async fn progress_is_told_as_it_comes() {
    let guest = Guest {
        imports: r#"(import "wasmtab:job/progress@1.0.0" "report" (func $report (param i64 i64 i32 i32)))"#,
        execute: "(call $report (i64.const 3) (i64.const 10) (i32.const 512) (i32.const 5)) (call $done (i32.const 0) (i32.const 0))",
        ..Guest::default()
    };
    let heard = Arc::new(Heard::default());
    SHARED
        .run(
            guest.component(),
            Attempt {
                observer: heard.clone(),
                ..attempt()
            },
        )
        .await;
    assert_eq!(*heard.progress.lock().unwrap(), [(3, 10, "Guest".to_owned())]);
}
