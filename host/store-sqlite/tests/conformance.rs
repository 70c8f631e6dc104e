//! The behaviours that every backend must pass, on SQLite.

use std::sync::Arc;

use wasmtab_store::conformance;
use wasmtab_store_sqlite::SqliteStore;

async fn check(topic: &str, case: &str) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("wasmtab.db"))
        .await
        .unwrap();
    conformance::run(topic, case, Arc::new(store)).await;
}

macro_rules! tests {
    ($($topic:ident: [$($case:ident),* $(,)?]),* $(,)?) => {$(
        mod $topic {$(
            #[tokio::test]
            async fn $case() {
                super::check(stringify!($topic), stringify!($case)).await;
            }
        )*}
    )*};
}

wasmtab_store::with_conformance_cases!(tests);
