//! The store that several nodes share: PostgreSQL.
//!
//! Each process writes through one connection (`writer`), which commits together what is queued whenever it is free; reads
//! use a pool beside it, and so do signs of life, which must never wait for a lock that somebody else holds. What two processes
//! could decide at once is decided under the lock of the job's row (`locks`); claims pass over what another one has locked.
//! Everything lies in one schema, which is every connection's `search_path`.

mod access;
mod alert_rules;
mod alerts;
mod calendars;
mod cancel;
mod capacity;
mod chains;
mod claim;
mod clock;
mod convert;
mod decided;
mod deliveries;
mod effects;
mod facts;
mod finish;
mod handlers;
mod job_batches;
mod job_links;
mod job_writes;
mod jobs;
mod locks;
mod maintenance;
mod migrate;
mod new_runs;
mod nodes;
mod open;
mod plugins;
mod reads;
mod release;
mod repeat;
mod rescue;
mod retention;
mod runs;
mod schema;
mod state;
mod telegraph;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use wasmtab_domain::{
    ids::{IdSource, RunId},
    time::Timestamp,
};
use wasmtab_store::{Hint, Hints, Store, StoreError, StoreMeters, StoreResult};

pub use self::{
    clock::Offset,
    migrate::Migrated,
    open::{OpenError, examine},
    schema::{DEFAULT_SCHEMA, Schema, SchemaError},
};
use self::{effects::Effects, telegraph::Telegraph, writer::Writer};

/// One process's hold on a database that others may share.
#[derive(Debug)]
pub struct PostgresStore {
    readers: PgPool,
    writer: Writer,
    hints: Hints,
    telegraph: Telegraph,
    ids: Ids,
    meters: StoreMeters,
    schema: Schema,
    migrated: Option<Migrated>,
}

impl PostgresStore {
    /// Opens the schema of the database at `url`, made when it is not there, and brings it up to date.
    pub async fn open(url: &str, schema: Schema) -> Result<Self, OpenError> {
        open::open(url, schema).await
    }

    /// What opening it did to its schema; none where that was up to date, or new.
    pub const fn migrated(&self) -> Option<&Migrated> {
        self.migrated.as_ref()
    }

    /// The schema in which everything lies.
    pub const fn schema_name(&self) -> &Schema {
        &self.schema
    }

    /// How far the database's clock is from what `local` reads, found by asking it.
    pub async fn offset(&self, local: impl Fn() -> Timestamp + Send + Sync) -> StoreResult<Offset> {
        clock::sample(&self.readers, local).await
    }

    async fn write<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Clone
            + Send
            + 'static,
        T: Send + 'static,
    {
        self.writer.run(work).await
    }

    /// The same for work whose effects are announced once it is committed.
    async fn write_announced<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection, &'c mut Effects) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Clone
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (value, effects) = self
            .writer
            .run(move |connection| {
                Box::pin(async move {
                    let mut effects = Effects::default();
                    let value = work(connection, &mut effects).await?;
                    Ok((value, effects))
                })
            })
            .await?;
        effects.count(&self.meters);
        for hint in effects.hints() {
            self.announce(hint);
        }
        Ok(value)
    }

    /// Tells everybody who listens, here and in the other processes.
    fn announce(&self, hint: Hint) {
        self.hints.send(hint);
        self.telegraph.send(hint);
    }
}

impl Store for PostgresStore {
    fn hints(&self) -> &Hints {
        &self.hints
    }

    fn meters(&self) -> &StoreMeters {
        &self.meters
    }
}

/// The source of ids, shared between the methods of a store.
#[derive(Clone, Debug)]
struct Ids(Arc<Mutex<IdSource>>);

impl Ids {
    fn new(source: IdSource) -> Self {
        Self(Arc::new(Mutex::new(source)))
    }

    fn next(&self, now: Timestamp) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next(now)
    }

    fn next_run(&self, now: Timestamp) -> RunId {
        RunId(self.next(now))
    }
}

/// PostgreSQL's failures, sorted by whether waiting helps.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is passed to `map_err`, which hands errors over"
)]
fn store_error(error: sqlx::Error) -> StoreError {
    /// Classes of codes: damage, and a schema that is not the one that is wanted.
    const LASTING: [&str; 2] = ["XX", "42"];
    match &error {
        sqlx::Error::Database(cause)
            if cause
                .code()
                .is_some_and(|code| LASTING.iter().any(|class| code.starts_with(class))) =>
        {
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
