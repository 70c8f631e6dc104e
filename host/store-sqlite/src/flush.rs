//! Writing down what a transaction has changed before it is committed, so that its commit finds next to nothing left to write.

use std::{ffi::c_int, path::Path};

use libsqlite3_sys::{SQLITE_BUSY, SQLITE_OK, sqlite3_db_cacheflush};
use sqlx::{SqliteConnection, sqlite::LockedSqliteHandle};
use tokio::{
    fs::File,
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// Brings the pages that an open transaction has changed into the write-ahead log and to the disk. Nothing of it counts before the
/// commit: whoever reads, and whoever opens the database after a crash, finds the log's last commit.
pub(crate) async fn ahead(connection: &mut SqliteConnection, log: &Path) -> Result<(), sqlx::Error> {
    let flushed = {
        let mut handle = connection.lock_handle().await?;
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => block_in_place(|| flush(&mut handle)),
            _ => flush(&mut handle),
        }
    };
    // Busy: pages that a statement still reads are left to the commit.
    if flushed != SQLITE_OK && flushed != SQLITE_BUSY {
        return Err(sqlx::Error::Protocol(format!(
            "changes could not be written ahead of their commit: SQLite says {flushed}"
        )));
    }
    // SQLite has no locks on the log, which closing a descriptor of it would release.
    File::open(log).await?.sync_data().await?;
    Ok(())
}

fn flush(handle: &mut LockedSqliteHandle<'_>) -> c_int {
    #[expect(unsafe_code, reason = "there is no statement for it")]
    // SAFETY: the handle is locked, so nobody else calls SQLite with it; it is open as long as its connection is.
    unsafe {
        sqlite3_db_cacheflush(handle.as_raw_handle().as_ptr())
    }
}
