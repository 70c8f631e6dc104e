//! What a handler returns, and what its attempt is called.

use std::sync::Arc;

use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{Attempt, HandlerKind, limits};

use crate::{
    guest::{Guest, execute},
    support::{SHARED, attempt, with_param},
};

#[tokio::test]
async fn a_result_comes_back_as_it_was_returned() {
    let echo = execute("(call $done (global.get $param) (global.get $length))");
    let report = SHARED.run(echo, with_param("{\"ä\": 1}")).await;
    assert_eq!(
        (report.status, report.result.as_deref()),
        (AttemptStatus::Success, Some("{\"ä\": 1}"))
    );
    assert_eq!(
        (report.error, report.permanent, report.pending),
        (None, false, false)
    );
    assert!(report.fuel_used > 0 && report.peak_memory >= 65_536);
}

#[tokio::test]
async fn failures_say_whether_another_try_helps() {
    for (call, permanent) in [("$fail", false), ("$fail_for_good", true)] {
        let report = SHARED
            .run(
                execute(&format!("(call {call} (i32.const 512) (i32.const 5))")),
                attempt(),
            )
            .await;
        assert_eq!(
            (report.status, report.permanent),
            (AttemptStatus::Failure, permanent)
        );
        assert_eq!(report.error.as_deref(), Some("Guest"));
        assert!(!report.host_error);
    }
}

#[tokio::test]
async fn a_pending_attempt_stays_running() {
    let report = SHARED.run(execute("(call $pending)"), attempt()).await;
    assert_eq!(
        (report.status, report.pending, report.result),
        (AttemptStatus::Running, true, None)
    );
}

#[tokio::test]
async fn a_panic_is_a_trap_with_the_functions_names() {
    let guest = Guest {
        functions: "(func $give_up (unreachable)) (func $work (call $give_up))",
        execute: "(call $work) (unreachable)",
        ..Guest::default()
    };
    let report = SHARED.run(guest.component(), attempt()).await;
    assert_eq!(report.status, AttemptStatus::Trap);
    assert!(report.error.unwrap().starts_with("UnreachableCodeReached"));
    let backtrace = report.backtrace.unwrap();
    let names: Vec<&str> = backtrace
        .lines()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    assert_eq!(names[..3], ["give_up", "work", "execute"]);
}

#[tokio::test]
async fn every_trap_is_named() {
    for (lines, name) in [
        ("(i32.load (i32.const -4))", "MemoryOutOfBounds"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "IntegerDivisionByZero"),
        ("(i32.trunc_f32_s (f32.const nan))", "BadConversionToInteger"),
    ] {
        let report = SHARED.run(execute(lines), attempt()).await;
        assert_eq!(report.status, AttemptStatus::Trap);
        assert!(
            report.error.as_deref().unwrap().starts_with(name),
            "{:?}",
            report.error
        );
    }
}

#[tokio::test]
async fn a_guest_that_breaks_the_abi_is_at_fault_itself() {
    for lines in [
        // A result that lies outside memory, and one that is not UTF-8.
        "(call $done (i32.const -8) (i32.const 5))",
        "(i32.store8 (i32.const 3000) (i32.const 255)) (call $done (i32.const 3000) (i32.const 1))",
        "(i32.store8 (i32.const 16) (i32.const 9)) (i32.const 16)",
    ] {
        let report = SHARED.run(execute(lines), attempt()).await;
        assert_eq!(
            (report.status, report.host_error),
            (AttemptStatus::Trap, false),
            "{:?}",
            report.error
        );
    }
}

#[tokio::test]
async fn an_oversized_result_is_an_error_and_never_cut() {
    let size = limits::RESULT_BYTES;
    let large = |size: usize| {
        execute(&format!(
            "(drop (memory.grow (i32.const 8))) (memory.fill (i32.const 65536) (i32.const 97) (i32.const {size}))
             (call $done (i32.const 65536) (i32.const {size}))"
        ))
    };
    let report = SHARED.run(large(size), attempt()).await;
    assert_eq!(report.result.map(|result| result.len()), Some(size));
    let report = SHARED.run(large(size + 1), attempt()).await;
    assert_eq!(
        (report.status, report.result, report.permanent),
        (AttemptStatus::Failure, None, true)
    );
    assert!(
        report
            .error
            .unwrap()
            .contains("262145 bytes, the limit is 262144")
    );
}

#[tokio::test]
async fn an_oversized_parameter_is_refused_before_the_guest_begins() {
    let report = SHARED
        .run(
            execute("(unreachable)"),
            with_param("x".repeat(limits::PARAM_BYTES + 1)),
        )
        .await;
    assert_eq!((report.status, report.permanent), (AttemptStatus::Failure, true));
    assert!(report.error.unwrap().starts_with("handlerParam has 65537 bytes"));
}

#[tokio::test]
async fn a_host_that_is_at_fault_says_so() {
    let mut grants = wasmtab_domain::grant::Grants::default();
    grants.allow("dir=/does/not/exist:/data").unwrap();
    let report = SHARED
        .run(
            execute(""),
            Attempt {
                grants: Arc::new(grants),
                ..attempt()
            },
        )
        .await;
    assert!(report.host_error);
    assert!(
        report
            .error
            .unwrap()
            .starts_with("host: the granted directory /does/not/exist")
    );
}

#[tokio::test]
async fn a_handler_describes_itself_with_nothing_granted() {
    let handler = SHARED.load(Guest::default().module()).await;
    assert_eq!(handler.kind(), HandlerKind::ModuleReactor);
    let description = SHARED.runtime.describe(&handler).await.unwrap();
    assert_eq!(
        (
            description.name.as_str(),
            description.suggested_handler_name.as_str()
        ),
        ("Guest", "Guest")
    );
    assert_eq!(description.parameter_schema, None);
}
