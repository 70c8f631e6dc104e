//! A guest can be stopped wherever it is.

use std::sync::Arc;

use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{Attempt, CancelCause, Control};

use crate::{
    guest::{Guest, embed, execute},
    support::{Fixture, Heard, MIB, SHARED, attempt, brief},
};

const LOOP: &str = "(loop $again (br $again)) (unreachable)";

/// Sleeps for an hour by preview 1's `poll_oneoff`, which waits in a host call.
const SLEEP: Guest<'_> = Guest {
    imports: r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))"#,
    data: "",
    functions: "",
    execute: "(i32.store (i32.const 2064) (i32.const 1))
      (i64.store (i32.const 2072) (i64.const 3600000000000))
      (drop (call $poll (i32.const 2048) (i32.const 2200) (i32.const 1) (i32.const 2300)))
      (call $done (i32.const 0) (i32.const 0))",
    describe: "",
};

#[tokio::test]
async fn an_endless_loop_times_out() {
    // Long enough for a slice of fuel also where the machine has much else to do.
    let mut attempt = brief();
    attempt.limits.timeout *= 20;
    let timeout = attempt.limits.timeout;
    let report = SHARED.run(execute(LOOP), attempt).await;
    assert_eq!(report.status, AttemptStatus::Timeout);
    assert!(report.error.unwrap().contains("monitorTimeout"));
    assert!(report.fuel_used > 1_000);
    assert!(report.duration >= timeout);
}

#[tokio::test]
async fn a_loop_in_start_times_out() {
    let guest = Guest {
        functions: "(func $spin (loop $again (br $again))) (start $spin)",
        ..Guest::default()
    };
    assert_eq!(
        SHARED.run(guest.component(), brief()).await.status,
        AttemptStatus::Timeout
    );
}

#[tokio::test]
async fn a_sleep_for_ever_times_out() {
    assert_eq!(
        SHARED.run(SLEEP.module(), brief()).await.status,
        AttemptStatus::Timeout
    );
}

#[tokio::test]
async fn a_loop_is_cancelled() {
    let handler = SHARED.load(execute(LOOP)).await;
    for (cause, status) in [
        (CancelCause::Operator, AttemptStatus::Cancelled),
        (CancelCause::Shutdown, AttemptStatus::Abandoned),
    ] {
        assert_eq!(stopped_once_begun(&handler, cause).await, status);
    }
}

#[tokio::test]
async fn a_guest_that_waits_in_a_host_call_is_cancelled() {
    let handler = SHARED.load(SLEEP.module()).await;
    assert_eq!(
        stopped_once_begun(&handler, CancelCause::Operator).await,
        AttemptStatus::Cancelled
    );
}

async fn stopped_once_begun(handler: &Arc<wasmtab_runtime::Handler>, cause: CancelCause) -> AttemptStatus {
    let heard = Arc::new(Heard::default());
    let control = Control::new();
    let attempt = Attempt {
        observer: heard.clone(),
        ..attempt()
    };
    let run = SHARED.runtime.run(handler, attempt, &control);
    let cancel = async {
        heard.started.notified().await;
        control.cancel(cause);
    };
    tokio::join!(run, cancel).0.status
}

#[tokio::test]
async fn one_cancelled_before_it_began_does_not_begin() {
    let control = Control::new();
    control.cancel(CancelCause::Operator);
    let handler = SHARED.load(execute(LOOP)).await;
    let report = SHARED.runtime.run(&handler, attempt(), &control).await;
    assert_eq!((report.status, report.fuel_used), (AttemptStatus::Cancelled, 0));
}

#[tokio::test]
async fn fuel_bounds_the_work() {
    let mut attempt = attempt();
    attempt.limits.fuel = Some(100_000);
    let report = SHARED.run(execute(LOOP), attempt).await;
    assert_eq!(
        (report.status, report.fuel_used),
        (AttemptStatus::OutOfFuel, 100_000)
    );
    assert!(report.backtrace.unwrap().contains("execute"));
}

#[tokio::test]
async fn a_bulk_operation_costs_what_it_moves() {
    let fill = "(memory.fill (i32.const 4096) (i32.const 1) (i32.const 60000)) (call $done (i32.const 0) (i32.const 0))";
    let report = SHARED.run(execute(fill), attempt()).await;
    assert!(
        (60_000..61_000).contains(&report.fuel_used),
        "{}",
        report.fuel_used
    );
}

#[tokio::test]
async fn a_memory_bomb_is_out_of_memory() {
    // Grows until it is refused, and then aborts, as allocators do.
    let bomb =
        "(loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) (unreachable)";
    let report = SHARED.run(execute(bomb), attempt()).await;
    assert_eq!(report.status, AttemptStatus::OutOfMemory);
    assert!(report.error.unwrap().contains("memoryLimit is 67108864"));
    assert!(report.peak_memory <= 64 * MIB && report.peak_memory > 60 * MIB);
}

#[tokio::test]
async fn a_guest_that_survives_a_refused_growth_keeps_its_success() {
    let careful = "(drop (memory.grow (i32.const 30000))) (call $done (i32.const 512) (i32.const 5))";
    let report = SHARED.run(execute(careful), attempt()).await;
    assert_eq!(
        (report.status, report.result.as_deref()),
        (AttemptStatus::Success, Some("Guest"))
    );
    assert_eq!(report.refusals[0].capability, "memory");
}

#[tokio::test]
async fn a_memory_that_begins_too_large_is_out_of_memory() {
    let mut attempt = attempt();
    attempt.limits.memory = 64 * 1024;
    assert_eq!(
        SHARED.run(execute(""), attempt).await.status,
        AttemptStatus::OutOfMemory
    );
}

#[tokio::test]
async fn the_servers_own_memory_limit_holds_over_the_jobs() {
    let fixture = Fixture::with(|config| config.max_memory = 4 * MIB);
    let bomb = "(drop (memory.grow (i32.const 100))) (unreachable)";
    let report = fixture.run(execute(bomb), attempt()).await;
    assert_eq!(report.status, AttemptStatus::OutOfMemory);
    assert!(report.error.unwrap().contains("memoryLimit is 4194304"));
    assert_eq!(fixture.runtime.memory_in_use(), 0);
}

#[tokio::test]
async fn a_stack_overflow_is_a_trap() {
    let guest = Guest {
        functions: "(func $deeper (call $deeper) (call $deeper))",
        execute: "(call $deeper) (unreachable)",
        ..Guest::default()
    };
    let report = SHARED.run(guest.component(), attempt()).await;
    assert_eq!(report.status, AttemptStatus::Trap);
    assert!(report.error.unwrap().starts_with("StackOverflow"));
}

#[tokio::test]
async fn many_loops_do_not_keep_a_neighbour_from_running() {
    // One thread: without yields at epochs, the neighbour would have to wait for the loops.
    let looping = SHARED.load(execute(LOOP)).await;
    let honest = SHARED.load(execute("")).await;
    let control = Control::new();
    let loops =
        futures_util::future::join_all((0..4).map(|_| SHARED.runtime.run(&looping, attempt(), &control)));
    let neighbour = async {
        let report = SHARED.runtime.run(&honest, attempt(), &Control::new()).await;
        control.cancel(CancelCause::Operator);
        report
    };
    let (loops, neighbour) = tokio::join!(loops, neighbour);
    assert_eq!(neighbour.status, AttemptStatus::Success);
    assert!(
        loops
            .iter()
            .all(|report| report.status == AttemptStatus::Cancelled)
    );
}

#[tokio::test]
async fn when_the_pool_has_no_room_the_host_says_so() {
    let fixture = Fixture::with(|config| config.max_concurrency = 1);
    let handler = fixture.load(SLEEP.module()).await;
    let control = Control::new();
    // Room for five stores; the rest is turned away without having been tried.
    let reports = futures_util::future::join_all((0..20).map(|_| async {
        let report = fixture.runtime.run(&handler, attempt(), &control).await;
        control.cancel(CancelCause::Operator);
        report
    }))
    .await;
    assert!(reports.iter().any(|report| report.no_room && report.host_error));
    assert!(
        reports
            .iter()
            .all(|report| report.no_room || report.status == AttemptStatus::Cancelled)
    );
}

#[tokio::test]
async fn a_module_without_a_describe_of_its_own_cannot_hang_the_host() {
    let guest = Guest {
        describe: LOOP,
        ..Guest::default()
    };
    let handler = SHARED.load(guest.component()).await;
    let report = SHARED.runtime.describe(&handler).await.unwrap_err();
    assert_eq!(report.status, AttemptStatus::Timeout);
}

#[test]
fn the_guest_builder_embeds_the_world() {
    assert!(embed(wat::parse_str("(module)").unwrap()).len() > 100);
}
