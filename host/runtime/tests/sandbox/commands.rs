//! Programs that know nothing of the handler world.

use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{HandlerKind, limits};

use crate::support::{SHARED, attempt, with_param};

const IMPORTS: &str = r#"
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;

/// A command whose `_start` is these lines. `$print` writes a stretch of memory to a stream.
fn command(lines: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {IMPORTS}
  (memory (export "memory") 8)
  (data (i32.const 512) "oops\n")
  (func $print (param $stream i32) (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start") {lines}))"#
    );
    wat::parse_str(text).unwrap()
}

#[tokio::test]
async fn the_parameter_is_on_stdin_and_stdout_is_the_result() {
    let cat = command(
        "(i32.store (i32.const 16) (i32.const 4096)) (i32.store (i32.const 20) (i32.const 1000))
         (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
         (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 24)))",
    );
    let handler = SHARED.load(cat.clone()).await;
    assert_eq!(handler.kind(), HandlerKind::ModuleCommand);
    let report = SHARED.run(cat, with_param("some input")).await;
    assert_eq!(
        (report.status, report.result.as_deref()),
        (AttemptStatus::Success, Some("some input"))
    );
    assert_eq!(report.exit_code, Some(0));
    assert!(report.logs.lines.is_empty());
}

#[tokio::test]
async fn arguments_and_variables_tell_the_context_and_nothing_of_the_host() {
    let tell = command(
        "(drop (call $args_sizes (i32.const 16) (i32.const 20)))
         (drop (call $args (i32.const 1024) (i32.const 4096)))
         (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))
         (drop (call $environ_sizes (i32.const 16) (i32.const 20)))
         (drop (call $environ (i32.const 1024) (i32.const 4096)))
         (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))",
    );
    let report = SHARED.run(tell, with_param("{}")).await;
    let result = report.result.unwrap();
    let told: Vec<&str> = result.trim_end_matches('\0').split('\0').collect();
    assert_eq!(
        told,
        [
            "TestHandler",
            "{}",
            "WASMTAB_RUN_ID=4711",
            "WASMTAB_JOB_ID=7",
            "WASMTAB_JOB_NAME=nightly",
            "WASMTAB_HANDLER_NAME=TestHandler",
            "WASMTAB_EXECUTE_INDEX=1",
            "WASMTAB_TRIGGER=cron",
            "WASMTAB_SCHEDULED_AT=2027-01-15T16:00:00+08:00",
            "WASMTAB_DEADLINE=2027-01-15T08:30:00Z",
            "WASMTAB_SHARD_INDEX=0",
            "WASMTAB_SHARD_COUNT=1",
        ]
    );
}

#[tokio::test]
async fn an_exit_code_is_a_failure_with_the_last_of_stderr() {
    let report = SHARED
        .run(
            command("(call $print (i32.const 2) (i32.const 512) (i32.const 5)) (call $exit (i32.const 3))"),
            attempt(),
        )
        .await;
    // WASI 0.2 knows success and failure only, so the adapter makes 1 of any other code.
    assert_eq!(
        (report.status, report.exit_code),
        (AttemptStatus::Failure, Some(1))
    );
    assert!(report.error.unwrap().ends_with(": oops"));
    assert_eq!(report.logs.lines[0].message, "oops");
}

#[tokio::test]
async fn too_much_stdout_is_an_error() {
    let flood = command(
        "(local $left i32) (local.set $left (i32.const 10))
         (loop $again
           (call $print (i32.const 1) (i32.const 4096) (i32.const 65536))
           (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))",
    );
    let report = SHARED.run(flood, attempt()).await;
    assert_eq!((report.status, report.result), (AttemptStatus::Failure, None));
    assert!(
        report
            .error
            .unwrap()
            .contains(&format!("the limit is {}", limits::RESULT_BYTES))
    );
}

#[tokio::test]
async fn a_command_is_not_run_to_be_described() {
    let handler = SHARED.load(command("(unreachable)")).await;
    let description = SHARED.runtime.describe(&handler).await.unwrap();
    assert_eq!(description.suggested_handler_name, "");
    assert!(description.summary.contains("stdin"));
}
