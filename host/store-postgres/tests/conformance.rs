//! The behaviours that every backend must pass, on PostgreSQL.

mod support;

use std::sync::Arc;

use wasmtab_store::conformance;

/// Not `tokio::test`: a runtime entered by each of the cases anew would be compiled as often.
fn check(topic: &str, case: &str) {
    let threads = tokio::runtime::Runtime::new().expect("threads");
    threads.block_on(async {
        let store = support::open(&support::fresh_schema()).await;
        conformance::run(topic, case, Arc::new(store)).await;
    });
}

macro_rules! tests {
    ($($topic:ident: [$($case:ident),* $(,)?]),* $(,)?) => {$(
        mod $topic {$(
            #[test]
            fn $case() {
                super::check(stringify!($topic), stringify!($case));
            }
        )*}
    )*};
}

wasmtab_store::with_conformance_cases!(tests);
