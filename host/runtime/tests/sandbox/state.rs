//! State, configuration and secrets.

use std::sync::Arc;

use wasmtab_domain::{grant::SecretValues, status::AttemptStatus};
use wasmtab_runtime::{Attempt, MemoryState, StateStore};

use crate::{
    guest::Guest,
    support::{SHARED, attempt, granted, with_param},
};

/// Keeps its parameter under "Guest"; fails with the host's words when that is refused.
const KEEP: Guest<'_> = Guest {
    imports: r#"(import "wasmtab:job/state@1.0.0" "set" (func $set (param i32 i32 i32 i32 i32)))"#,
    data: "",
    functions: "",
    execute:
        "(call $set (i32.const 512) (i32.const 5) (global.get $param) (global.get $length) (i32.const 2048))
      (if (result i32) (i32.load8_u (i32.const 2048))
        (then (call $fail (i32.load (i32.const 2056)) (i32.load (i32.const 2060))))
        (else (call $done (i32.const 0) (i32.const 0))))",
    describe: "",
};

#[tokio::test]
async fn state_survives_the_attempt() {
    let state = Arc::new(MemoryState::default());
    let report = SHARED
        .run(
            KEEP.component(),
            Attempt {
                state: state.clone(),
                ..with_param("cursor 17")
            },
        )
        .await;
    assert_eq!(report.status, AttemptStatus::Success);
    assert_eq!(
        state.get("Guest").await.unwrap().as_deref(),
        Some(b"cursor 17".as_slice())
    );
}

#[tokio::test]
async fn state_over_quota_is_refused_and_nothing_is_written() {
    let state = Arc::new(MemoryState::default());
    let attempt = Attempt {
        state: state.clone(),
        param: "x".repeat(100),
        ..granted(&["state-quota=64"])
    };
    let report = SHARED.run(KEEP.component(), attempt).await;
    assert_eq!(report.status, AttemptStatus::Denied);
    assert_eq!(report.refusals[0].grant.as_deref(), Some("state-quota=128"));
    assert!(report.error.unwrap().contains("the quota is 64"));
    assert_eq!(state.list("", None, 10).await.unwrap(), Vec::<String>::new());
}

/// Returns the setting (or secret) that its parameter names, or fails.
fn tells(function: &str) -> Vec<u8> {
    let imports =
        format!(r#"(import "wasmtab:job/config@1.0.0" "{function}" (func $look (param i32 i32 i32)))"#);
    Guest {
        imports: &imports,
        execute: "(call $look (global.get $param) (global.get $length) (i32.const 2048))
          (if (result i32) (i32.load8_u (i32.const 2048))
            (then (call $done (i32.load (i32.const 2052)) (i32.load (i32.const 2056))))
            (else (call $fail (i32.const 512) (i32.const 5))))",
        ..Guest::default()
    }
    .component()
}

#[tokio::test]
async fn settings_are_read_by_key() {
    let attempt = Attempt {
        param: "greeting".into(),
        ..granted(&["config=greeting=hello"])
    };
    assert_eq!(
        SHARED.run(tells("get"), attempt).await.result.as_deref(),
        Some("hello")
    );
    assert_eq!(
        SHARED.run(tells("get"), with_param("other")).await.status,
        AttemptStatus::Failure
    );
}

#[tokio::test]
async fn a_secret_needs_a_grant_by_name() {
    let secrets = Arc::new(SecretValues::from_iter([(
        "TOKEN".to_owned(),
        "hunter2".to_owned(),
    )]));
    let mut with = Attempt {
        secrets: Arc::clone(&secrets),
        param: "TOKEN".into(),
        ..granted(&["secret=TOKEN"])
    };
    let report = SHARED.run(tells("secret"), with.clone()).await;
    assert_eq!(report.result.as_deref(), Some("hunter2"));
    with.grants = attempt().grants;
    let report = SHARED.run(tells("secret"), with).await;
    assert_eq!((report.status, report.permanent), (AttemptStatus::Denied, true));
    assert!(report.error.unwrap().contains("`secret=TOKEN`"));
}

#[tokio::test]
async fn the_memory_store_lists_in_order() {
    let state = MemoryState::default();
    for key in ["b/2", "a", "b/1", "b/3"] {
        state.set(key, Vec::new(), 100).await.unwrap();
    }
    assert_eq!(state.list("b/", Some("b/1"), 10).await.unwrap(), ["b/2", "b/3"]);
    assert_eq!(state.list("", None, 2).await.unwrap(), ["a", "b/1"]);
    state.delete("a").await.unwrap();
    assert_eq!(state.get("a").await.unwrap(), None);
}
