//! Copies of the database: consistent, compact, a single file.
//!
//! `VACUUM INTO` reads in one transaction, so that a copy is of one instant; writers append to the write-ahead log meanwhile.

use std::{
    fs::{self, File},
    io::{self, Seek},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::{NamedTempFile, TempPath};
use thiserror::Error;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::Snapshot;

/// How unfinished copies are called. One that a crash left behind is removed when the database is opened.
const PREFIX: &str = ".wasmtab-copy-";
/// The setting by which a copy says when it was taken.
pub(crate) const TAKEN_AT: &str = "backupTakenAt";

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The file system refuses.
    #[error("{path} cannot be written: {cause}")]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// SQLite does: no room is left, or the database is damaged.
    #[error("the database cannot be copied: {0}")]
    Database(#[from] sqlx::Error),
}

/// Copies what is committed to an unfinished file beside `beside`, and lets it say when it was taken.
pub(crate) async fn unfinished(
    database: &Path,
    beside: &Path,
    now: Timestamp,
) -> Result<NamedTempFile, CopyError> {
    let directory = parent(beside);
    let scratch = scratch_in(directory)?;
    let mut connection = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .disable_statement_logging()
        .connect()
        .await?;
    vacuum_into(&mut connection, scratch.path()).await?;
    connection.close().await?;
    let mut copy = open_copy(scratch.path()).await?;
    sqlx::query(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(TAKEN_AT)
    .bind(now.to_string())
    .execute(&mut copy)
    .await?;
    copy.close().await?;
    Ok(scratch)
}

/// The same as a snapshot without a name.
pub(crate) async fn snapshot(database: &Path, now: Timestamp) -> Result<Snapshot, CopyError> {
    let (file, path): (File, TempPath) = unfinished(database, database, now).await?.into_parts();
    let refused = |cause| CopyError::File {
        path: path.to_path_buf(),
        cause,
    };
    let mut file = file;
    let bytes = file.metadata().map_err(refused)?.len();
    file.rewind().map_err(refused)?;
    // Dropping the path removes the name; the file lives until it is closed.
    drop(path);
    Ok(Snapshot { file, bytes })
}

/// Gives an unfinished copy its name, durably; a file that has the name already is left alone.
pub fn finish(scratch: NamedTempFile, to: &Path) -> Result<(), CopyError> {
    let refused = |cause| CopyError::File {
        path: to.to_owned(),
        cause,
    };
    scratch.as_file().sync_all().map_err(refused)?;
    scratch
        .persist_noclobber(to)
        .map_err(|error| refused(error.error))?;
    File::open(parent(to))
        .and_then(|directory| directory.sync_all())
        .map_err(refused)
}

/// An unfinished file, readable by its owner alone.
pub fn scratch_in(directory: &Path) -> Result<NamedTempFile, CopyError> {
    tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(directory)
        .map_err(|cause| CopyError::File {
            path: directory.to_owned(),
            cause,
        })
}

/// Removes unfinished copies that a crash left beside the database.
pub(crate) fn remove_unfinished(database: &Path) {
    let Ok(entries) = fs::read_dir(parent(database)) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "an unfinished copy stays behind: {}: {error}", entry.path().display());
        }
    }
}

pub(crate) async fn vacuum_into(connection: &mut SqliteConnection, to: &Path) -> Result<(), sqlx::Error> {
    let to = to
        .to_str()
        .ok_or_else(|| sqlx::Error::Configuration(format!("{} is not UTF-8", to.display()).into()))?;
    sqlx::query("VACUUM INTO ?")
        .bind(to)
        .execute(connection)
        .await
        .map(drop)
}

/// A copy that is nobody else's yet, and that nobody misses should this process die.
pub(crate) async fn open_copy(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Memory)
        .disable_statement_logging()
        .connect()
        .await
}

/// A file that nobody writes to. Nothing is written beside it either.
pub(crate) async fn open_still(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(true)
        .disable_statement_logging()
        .connect()
        .await
}

/// The directory that a file is in.
pub(crate) fn parent(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
