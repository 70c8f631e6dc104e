//! Opening the database: one process at a time, the schema brought up to date, nothing touched that is not understood.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;
use wasmtab_domain::ids::IdSource;
use wasmtab_store::{Desk, Hints, StoreMeters};

use crate::{
    Memory, SqliteStore,
    checkpoint::Checkpointer,
    copy::{self, CopyError},
    migrate::{self, Failure},
    writer::Writer,
};

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// Connections that read.
const READERS: u32 = 4;
/// KiB of pages that a connection keeps for itself. One that reads keeps few: behind it are the system's own copies of the same pages.
const CACHE: u32 = 64 * 1024;
const READERS_CACHE: u32 = 8 * 1024;

/// Why a database was not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{0} is open in another wasmtab process; one server has a data directory for itself")]
    Locked(PathBuf),
    /// The file system refuses.
    #[error("{path} cannot be opened for writing: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The file is not a database of ours, or is damaged.
    #[error("{path} cannot be read as a wasmtab database: {cause}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: sqlx::Error,
    },
    /// The schema is not one that this program knows.
    #[error(
        "{path} has a schema that this version of wasmtab does not know ({cause}); use the version that wrote it, or a newer one"
    )]
    Schema {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: MigrateError,
    },
    /// The schema is to change, and no copy of the database could be made before.
    #[error(
        "{path} is of an older version, and there is no room or right to copy it before it is changed: {cause}"
    )]
    Copy {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: CopyError,
    },
}

pub(crate) async fn open(file: &Path) -> Result<SqliteStore, OpenError> {
    let lock = lock(file)?;
    copy::remove_unfinished(file);
    let database = |cause| OpenError::Database {
        path: file.to_owned(),
        cause,
    };
    let options = options(file);

    let mut connection = options.connect().await.map_err(database)?;
    let migrated = migrate::bring_up_to_date(&mut connection, file, &MIGRATIONS)
        .await
        .map_err(|failure| match failure {
            Failure::Look(cause) | Failure::Migrate(MigrateError::Execute(cause)) => database(cause),
            Failure::Copy(cause) => OpenError::Copy {
                path: file.to_owned(),
                cause,
            },
            Failure::Migrate(cause) => OpenError::Schema {
                path: file.to_owned(),
                cause,
            },
        })?;
    let floor = newest_id(&mut connection).await.map_err(database)?;
    let boot = std::process::id();
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        // One that is closed and opened anew has nothing prepared and nothing in its cache.
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(
            with_cache(options.clone(), READERS_CACHE)
                .read_only(true)
                .pragma("query_only", "true"),
        )
        .await
        .map_err(database)?;
    let memory = Memory::new(IdSource::new(u64::from(boot), floor));
    let meters = StoreMeters::new();
    let checkpointer = Checkpointer::start(options.connect().await.map_err(database)?, file);

    Ok(SqliteStore {
        readers,
        writer: Writer::start(connection, memory.clone(), meters.clone()),
        meters,
        file: file.to_owned(),
        log: log_of(file),
        migrated,
        hints: Hints::new(),
        desk: Desk::default(),
        memory,
        _checkpointer: checkpointer,
        _lock: lock,
    })
}

/// How a database is opened that is written.
pub(crate) fn options(file: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30))
        .statement_cache_capacity(200)
        .pragma("temp_store", "memory")
        // Checkpoints are another connection's work; this is the limit should it fall behind: 64 MiB of pages.
        .pragma("wal_autocheckpoint", "16384")
        .disable_statement_logging();
    with_cache(options, CACHE)
}

/// SQLite takes a size in KiB as a negative number, one in pages as a positive one.
fn with_cache(options: SqliteConnectOptions, kib: u32) -> SqliteConnectOptions {
    options.pragma("cache_size", format!("-{kib}"))
}

/// The write-ahead log of a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// The lock is on a file of its own: SQLite's locks on the database are released when any descriptor of it is closed.
pub(crate) fn lock(file: &Path) -> Result<File, OpenError> {
    let path = file.with_extension("lock");
    let refused = |cause| OpenError::File {
        path: path.clone(),
        cause,
    };
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(refused)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(file.to_owned())),
        Err(TryLockError::Error(cause)) => Err(refused(cause)),
    }
}

async fn newest_id(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT max(
            coalesce((SELECT max(id) FROM infra_job_log), 0),
            coalesce((SELECT max(id) FROM run), 0),
            coalesce((SELECT max(attempt_id) FROM run), 0),
            coalesce((SELECT max(id) FROM alert_delivery), 0)
        ) AS "id!: i64""#
    )
    .fetch_one(connection)
    .await
}
