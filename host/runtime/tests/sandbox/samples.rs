//! The sample handlers, as they are delivered.

use std::sync::Arc;

use wasmtab_domain::status::AttemptStatus;
use wasmtab_runtime::{Attempt, Capability};

use crate::support::{MIB, SHARED, attempt, granted, with_param};

/// The prebuilt component of a sample handler.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/../../plugins/prebuilt/{name}.wasm",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[tokio::test]
async fn every_sample_loads_and_describes_itself() {
    for name in [
        "data-backup",
        "echo",
        "flaky",
        "health-check",
        "log-cleanup",
        "panic",
        "weekly-report",
    ] {
        let handler = SHARED.load(sample(name)).await;
        let description = SHARED.runtime.describe(&handler).await.unwrap();
        assert!(
            description.suggested_handler_name.ends_with("Handler"),
            "{name}: {description:?}"
        );
    }
}

#[tokio::test]
async fn the_echo_handler_echoes() {
    let report = SHARED.run(sample("echo"), with_param("{\"a\": 1}")).await;
    assert_eq!(
        (report.status, report.result.as_deref()),
        (AttemptStatus::Success, Some("{\"a\": 1}"))
    );
}

#[tokio::test]
async fn a_rust_panic_names_its_functions_and_logs_its_words() {
    let report = SHARED.run(sample("panic"), attempt()).await;
    assert_eq!(report.status, AttemptStatus::Trap);
    assert!(report.error.unwrap().starts_with("UnreachableCodeReached"));
    let backtrace = report.backtrace.unwrap();
    assert!(backtrace.contains("panic"), "{backtrace}");
    assert!(
        report
            .logs
            .lines
            .iter()
            .any(|line| line.message.contains("told to panic")),
        "{:?}",
        report.logs
    );
}

#[tokio::test]
async fn a_directory_that_is_not_granted_is_a_denial() {
    let handler = SHARED.load(sample("log-cleanup")).await;
    assert!(
        handler
            .inspection()
            .capabilities
            .contains(&Capability::Filesystem)
    );
    let report = SHARED
        .run(sample("log-cleanup"), with_param(r#"{"directory": "/var/log"}"#))
        .await;
    assert_eq!(report.status, AttemptStatus::Denied, "{report:?}");
    assert!(
        report.refusals[0]
            .grant
            .as_deref()
            .unwrap()
            .starts_with("dir=HOST:"),
        "{:?}",
        report.refusals
    );
}

#[tokio::test]
async fn a_health_check_without_its_grant_is_a_denial() {
    let attempt = Attempt {
        param: r#"{"checks": [{"url": "https://example.com/"}]}"#.into(),
        ..granted(&[])
    };
    let report = SHARED.run(sample("health-check"), attempt).await;
    assert_eq!(report.status, AttemptStatus::Denied, "{report:?}");
    assert_eq!(
        report.refusals[0].grant.as_deref(),
        Some("http=https://example.com")
    );
}

#[tokio::test]
async fn a_fresh_store_serves_every_attempt() {
    let handler = SHARED.load(sample("echo")).await;
    let mut small = attempt();
    small.limits.memory = 4 * MIB;
    let runs = (0..50).map(|_| {
        let (handler, attempt) = (Arc::clone(&handler), small.clone());
        async move {
            SHARED
                .runtime
                .run(&handler, attempt, &wasmtab_runtime::Control::new())
                .await
                .peak_memory
        }
    });
    // One after the other: what one left behind would show in the next.
    let mut peaks = Vec::new();
    for run in runs {
        peaks.push(run.await);
    }
    assert!(peaks.windows(2).all(|pair| pair[0] == pair[1]), "{peaks:?}");
}
