//! Backups of a database that no server has open, and the way back from them.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use thiserror::Error;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::Standing;

use crate::{
    copy::{self, CopyError, TAKEN_AT},
    migrate,
    open::{MIGRATIONS, OpenError, lock},
};

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFacts {
    /// When it was taken; none of a file that was copied in another way.
    pub taken_at: Option<Timestamp>,
    /// The version of its schema.
    pub schema: i64,
    /// Jobs.
    pub jobs: u64,
    /// Runs that have not ended.
    pub runs: u64,
    /// Rows of the log.
    pub log: u64,
}

/// Why there is no backup, or none that can be used.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is no such file.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("{path} cannot be read: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A server has it open, or it cannot be locked.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is no database of this product.
    #[error("{path} is not a wasmtab database: {reason}")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// Its pages do not fit together.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found first.
        reason: String,
    },
    /// A version of the product wrote it that this one does not know.
    #[error("{path} has a schema that this version of wasmtab does not know: {reason}")]
    Schema {
        /// Which file.
        path: PathBuf,
        /// What is not known.
        reason: String,
    },
    /// The copy failed.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// What a restore passes over: so many numbers of jobs and tokens may have been given out in the time that is lost.
const PASSED_OVER: i64 = 1_000;
/// Faults of a damaged file that are looked for.
const FAULTS: u32 = 1;
/// The same where they are shown.
const EXAMINED_FAULTS: u32 = 10;

/// What a look at a database found that no server has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What does not fit together in its structure.
    pub faults: Vec<String>,
    /// How its schema stands.
    pub standing: Standing,
}

/// Looks at `database`, which no server has open, and changes nothing.
pub async fn examine(database: &Path) -> Result<Examined, BackupError> {
    there(database)?;
    let _lock = lock(database)?;
    let refused = |error: sqlx::Error| unusable(database, &error);
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(refused)?;
    let faults = faults(&mut connection, EXAMINED_FAULTS).await.map_err(refused)?;
    let standing = if faults.is_empty() {
        migrate::standing(&mut connection, &MIGRATIONS)
            .await
            .map_err(refused)?
    } else {
        Standing::Unknown("it is damaged".into())
    };
    // Nothing was written: closing it cannot lose anything.
    let _ = connection.close().await;
    Ok(Examined { faults, standing })
}

/// Copies `database`, which no server has open, to the new file `to`. The schema stays as it is.
pub async fn backup(database: &Path, to: &Path, now: Timestamp) -> Result<BackupFacts, BackupError> {
    there(database)?;
    let _lock = lock(database)?;
    let scratch = copy::unfinished(database, to, now).await?;
    let facts = verify(scratch.path()).await?;
    copy::finish(scratch, to)?;
    Ok(facts)
}

/// Checks a backup page by page, and says what it holds.
pub async fn verify(file: &Path) -> Result<BackupFacts, BackupError> {
    there(file)?;
    let mut connection = copy::open_still(file)
        .await
        .map_err(|error| unusable(file, &error))?;
    let facts = look(&mut connection, file).await;
    // Nothing was written: closing it cannot lose anything.
    let _ = connection.close().await;
    facts
}

/// Makes the database `to` of the backup `file`. Whatever starts on it next repeats what was going on when the backup was taken.
pub async fn restore(file: &Path, to: &Path) -> Result<BackupFacts, BackupError> {
    there(file)?;
    let scratch = copy::scratch_in(copy::parent(to))?;
    let mut source = File::open(file).map_err(|cause| BackupError::File {
        path: file.to_owned(),
        cause,
    })?;
    io::copy(&mut source, &mut scratch.as_file()).map_err(|cause| CopyError::File {
        path: scratch.path().to_owned(),
        cause,
    })?;
    let mut connection = copy::open_copy(scratch.path())
        .await
        .map_err(|error| unusable(file, &error))?;
    let facts = look(&mut connection, file).await?;
    forget_lost_time(&mut connection).await.map_err(CopyError::from)?;
    connection.close().await.map_err(CopyError::from)?;
    copy::finish(scratch, to)?;
    Ok(facts)
}

fn there(file: &Path) -> Result<(), BackupError> {
    match file.metadata() {
        Ok(meta) if meta.is_file() => Ok(()),
        Ok(_) => Err(BackupError::Foreign {
            path: file.to_owned(),
            reason: "it is a directory".into(),
        }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(BackupError::Missing(file.to_owned())),
        Err(cause) => Err(BackupError::File {
            path: file.to_owned(),
            cause,
        }),
    }
}

/// What SQLite's refusal says of the file.
fn unusable(file: &Path, error: &sqlx::Error) -> BackupError {
    let (path, reason) = (file.to_owned(), error.to_string());
    match error {
        sqlx::Error::Database(cause) if is_corrupt(cause.code().as_deref()) => {
            BackupError::Damaged { path, reason }
        }
        _ => BackupError::Foreign { path, reason },
    }
}

/// The queries are of tables that every version has, so that an older schema can be looked at too.
async fn look(connection: &mut SqliteConnection, file: &Path) -> Result<BackupFacts, BackupError> {
    let refused = |error: sqlx::Error| unusable(file, &error);
    let damaged = |reason: String| BackupError::Damaged {
        path: file.to_owned(),
        reason,
    };
    let faults = faults(connection, FAULTS).await.map_err(refused)?;
    if let Some(fault) = faults.into_iter().next() {
        return Err(damaged(fault));
    }
    let schema = match migrate::standing(connection, &MIGRATIONS)
        .await
        .map_err(refused)?
    {
        Standing::New => {
            return Err(BackupError::Foreign {
                path: file.to_owned(),
                reason: "it has no schema of ours".into(),
            });
        }
        Standing::Unknown(reason) => {
            return Err(BackupError::Schema {
                path: file.to_owned(),
                reason,
            });
        }
        Standing::Current(version) | Standing::Behind { at: version, .. } => version,
    };
    let taken_at: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE key = ?")
        .bind(TAKEN_AT)
        .fetch_optional(&mut *connection)
        .await
        .map_err(refused)?;
    let (jobs, runs, log): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM infra_job), (SELECT count(*) FROM run), (SELECT count(*) FROM infra_job_log)",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(refused)?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(BackupFacts {
        taken_at: taken_at.and_then(|text| text.parse().ok()),
        schema,
        jobs: count(jobs),
        runs: count(runs),
        log: count(log),
    })
}

/// What does not fit together in a database, page by page; at most `most` of it.
pub(crate) async fn faults(connection: &mut SqliteConnection, most: u32) -> Result<Vec<String>, sqlx::Error> {
    let text = sqlx::AssertSqlSafe(format!("PRAGMA integrity_check({most})"));
    let mut said: Vec<String> = match sqlx::query_scalar(text).fetch_all(connection).await {
        Ok(said) => said,
        // Damage may be where even the check does not come past it.
        Err(sqlx::Error::Database(error)) if is_corrupt(error.code().as_deref()) => {
            vec![error.message().to_owned()]
        }
        Err(error) => return Err(error),
    };
    said.retain(|line| line != "ok");
    Ok(said)
}

/// The low byte of an extended code is the code.
fn is_corrupt(code: Option<&str>) -> bool {
    const CORRUPT: u32 = 11;
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == CORRUPT)
}

/// Runs and attempts get their ids by the clock. Numbers that count are passed over instead, so that none is given to two things, one of
/// which lies in the lost time.
async fn forget_lost_time(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sqlite_sequence SET seq = seq + ? WHERE name IN ('infra_job', 'api_token', 'audit')")
        .bind(PASSED_OVER)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM setting WHERE key = ?")
        .bind(TAKEN_AT)
        .execute(connection)
        .await
        .map(drop)
}
