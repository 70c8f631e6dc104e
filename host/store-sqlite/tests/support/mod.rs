//! What the tests of this database share.

use std::sync::Arc;

use tempfile::TempDir;
use wasmtab_store::conformance::World;
use wasmtab_store_sqlite::SqliteStore;

/// An empty database, which goes with its directory.
pub(crate) async fn empty() -> (World, Arc<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("wasmtab.db"))
        .await
        .unwrap();
    let store = Arc::new(store);
    (World::new(Arc::<SqliteStore>::clone(&store)), store, directory)
}
