//! The behaviours that every backend must pass, on SQLite.

use std::sync::Arc;

use wasmtab_store::conformance;
use wasmtab_store_sqlite::SqliteStore;

/// Not `tokio::test`: a runtime entered by each of the cases anew would be compiled as often.
fn check(topic: &str, case: &str) {
    let threads = tokio::runtime::Runtime::new().expect("threads");
    threads.block_on(async {
        let directory = tempfile::tempdir().expect("a directory");
        let store = SqliteStore::open(&directory.path().join("wasmtab.db"))
            .await
            .expect("an empty database opens");
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
