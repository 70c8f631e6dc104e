//! A throwaway server for all of a test binary, and a schema of its own for each test.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use wasmtab_store_postgres::{PostgresStore, Schema};
use wasmtab_test_databases::Postgres;

static SERVER: LazyLock<&Postgres> =
    LazyLock::new(|| Postgres::start_until_exit().expect("a throwaway PostgreSQL"));

/// Where the server's database is.
pub(crate) fn url() -> String {
    SERVER.url("postgres")
}

/// A name that no other test of this binary has.
pub(crate) fn fresh_schema() -> Schema {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("test_{number}").parse().expect("a plain name")
}

/// An empty database.
pub(crate) async fn open(schema: &Schema) -> PostgresStore {
    PostgresStore::open(&url(), schema.clone())
        .await
        .expect("an empty schema opens")
}
