//! The embedded store: SQLite, one writer, group commit.
//!
//! All writes go through one connection (`writer`), which commits together what is queued whenever it is free; reads
//! use a pool beside it. `synchronous=FULL`: what was acknowledged survives a power cut.

mod access;
mod alert_rules;
mod alerts;
pub mod backup;
pub mod baseline;
mod calendars;
mod cancel;
mod capacity;
pub mod census;
mod chains;
mod checkpoint;
mod claim;
mod convert;
pub mod copy;
mod decided;
mod deliveries;
mod eager;
mod effects;
mod facts;
mod finish;
mod flush;
mod handlers;
mod job_batches;
mod job_links;
mod job_states;
mod job_writes;
mod jobs;
mod log_rows;
mod maintenance;
mod memory;
mod migrate;
mod new_runs;
mod nodes;
mod open;
mod plugins;
mod queue;
mod reads;
mod release;
mod repeat;
mod retention;
mod runs;
mod state;
mod statements;
mod writer;

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use sqlx::{SqliteConnection, SqlitePool};
use wasmtab_domain::{run::Claim, time::Timestamp};
use wasmtab_store::{ClaimRequest, Desk, Hints, Store, StoreError, StoreMeters, StoreResult};

use self::{
    checkpoint::Checkpointer,
    effects::Effects,
    memory::Memory,
    writer::{Then, Writer},
};
pub use self::{migrate::Migrated, open::OpenError};

/// A SQLite database that this process alone has open.
#[derive(Debug)]
pub struct SqliteStore {
    readers: SqlitePool,
    writer: Writer,
    hints: Hints,
    desk: Desk,
    memory: Memory,
    meters: StoreMeters,
    file: PathBuf,
    /// The write-ahead log.
    log: PathBuf,
    migrated: Option<Migrated>,
    _checkpointer: Checkpointer,
    // Held until the end: a second process on the same file is refused.
    _lock: std::fs::File,
}

impl SqliteStore {
    /// Opens the database in `file`, made when it is not there, and brings its schema up to date.
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        open::open(file).await
    }

    /// What opening it did to its schema; none where that was up to date, or new.
    pub const fn migrated(&self) -> Option<&Migrated> {
        self.migrated.as_ref()
    }

    async fn write<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(Then::Others, work).await
    }

    /// The same for work whose effects are announced once it is committed.
    async fn write_announced<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection, &'c mut Effects) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        self.write_announced_whole(Then::Others, work).await
    }

    /// The same for what makes at most so many runs whose attempts may begin in this process as soon as they are committed. What they
    /// are claimed with is there if the process keeps seats for them.
    async fn write_seated<T, F>(&self, most: u32, now: Timestamp, then: Then, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(
                &'c mut SqliteConnection,
                Option<&'c ClaimRequest>,
                &'c mut Effects,
            ) -> BoxFuture<'c, Result<(T, Vec<Claim>), sqlx::Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let Some(seats) = self.desk.seats(most) else {
            let written = self.write_announced_whole(then, move |c, effects| work(c, None, effects));
            return written.await.map(|(value, _)| value);
        };
        let (boot_id, node) = seats.owner();
        let request = ClaimRequest {
            boot_id,
            node: node.to_owned(),
            now,
            limit: seats.count(),
            by_age: 0,
        };
        let written = self.write_announced_whole(then, move |c, effects| {
            Box::pin(async move { work(c, Some(&request), effects).await })
        });
        // Whoever asked may go away before the commit; a claim must not be lost with them.
        let settled = tokio::spawn(async move {
            match written.await {
                Ok((value, claims)) => {
                    seats.take(claims);
                    Ok(value)
                }
                Err(error) => {
                    seats.unsure();
                    Err(error)
                }
            }
        });
        settled
            .await
            .unwrap_or_else(|_| Err(StoreError::Transient("what was written was cut off".into())))
    }

    /// The same as a future that outlives this borrow: it may go on when its caller has gone.
    fn write_announced_whole<T, F>(
        &self,
        then: Then,
        work: F,
    ) -> impl Future<Output = StoreResult<T>> + Send + use<T, F>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection, &'c mut Effects) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (writer, hints, meters) = (self.writer.clone(), self.hints.clone(), self.meters.clone());
        async move {
            let (value, effects) = writer
                .run(then, move |connection| {
                    Box::pin(async move {
                        let mut effects = Effects::default();
                        let value = work(connection, &mut effects).await?;
                        Ok((value, effects))
                    })
                })
                .await?;
            effects.announce(&hints, &meters);
            Ok(value)
        }
    }
}

impl Store for SqliteStore {
    fn hints(&self) -> &Hints {
        &self.hints
    }

    fn desk(&self) -> Option<&Desk> {
        Some(&self.desk)
    }

    fn meters(&self) -> &StoreMeters {
        &self.meters
    }
}

/// SQLite's failures, sorted by whether waiting helps.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is passed to `map_err`, which hands errors over"
)]
fn store_error(error: sqlx::Error) -> StoreError {
    const CORRUPT: &str = "11";
    const NOT_A_DATABASE: &str = "26";
    match &error {
        sqlx::Error::Database(cause) if matches!(cause.code().as_deref(), Some(CORRUPT | NOT_A_DATABASE)) => {
            StoreError::Permanent(error.to_string())
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Permanent(error.to_string()),
        _ => StoreError::Transient(error.to_string()),
    }
}

/// The same for rows that do not say what they should.
fn decode_error(what: &str, cause: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what}: {cause}").into())
}
