//! The one connection that writes. Whatever is queued when it becomes free shares a transaction: the price of a durable
//! commit is paid once for all of it, and nobody waits on a timer.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{Connection, SqliteConnection};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use wasmtab_store::{StoreError, StoreMeters, StoreResult};

use crate::{eager::eagerly, memory::Memory, store_error};

/// Pieces of work that may wait; beyond it callers wait to hand theirs in.
const QUEUE: usize = 1_024;
/// Pieces of work that one transaction takes.
const GROUP: usize = 256;
/// How long a commit may take before somebody is told.
const STALL: Duration = Duration::from_secs(5);

/// Tells the caller what became of the commit.
type Acknowledge = Box<dyn FnOnce(Result<(), &sqlx::Error>) + Send>;
/// Carries the work out and keeps its answer until the commit; none when the work itself failed and was answered.
type Work = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Option<Acknowledge>> + Send>;

#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::Sender<Work>);

impl Writer {
    /// Starts the writer; it ends when the last handle is gone.
    pub(crate) fn start(connection: SqliteConnection, memory: Memory, meters: StoreMeters) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(serve(connection, receiver, memory, meters));
        Self(sender)
    }

    /// Runs `work` in a transaction and answers after its commit. A failing piece of work undoes only itself.
    pub(crate) async fn run<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            Box::pin(async move {
                match work(connection).await {
                    Ok(value) => Some(Box::new(move |committed: Result<(), &sqlx::Error>| {
                        let _ = answer.send(committed.map(|()| value).map_err(transient));
                    }) as Acknowledge),
                    Err(error) => {
                        let _ = answer.send(Err(store_error(error)));
                        None
                    }
                }
            })
        });
        let gone = || StoreError::Transient("the writer has ended".into());
        self.0.send(work).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn transient(error: &sqlx::Error) -> StoreError {
    StoreError::Transient(error.to_string())
}

async fn serve(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Work>,
    memory: Memory,
    meters: StoreMeters,
) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let (size, begun) = (group.len(), Instant::now());
        if watched(commit(&mut connection, &memory, &mut group)).await {
            meters.committed(size, begun.elapsed());
        } else {
            meters.not_committed();
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "closing the database: {error}");
    }
}

/// Says so when a commit takes long: another process holds the database's lock, or the disk does not answer.
async fn watched<T>(commit: impl Future<Output = T>) -> T {
    let mut commit = std::pin::pin!(commit);
    if let Ok(done) = timeout(STALL, &mut commit).await {
        return done;
    }
    tracing::warn!(
        "the database does not answer: a commit has waited for {STALL:?}, for a lock that another process holds or for the disk; \
         everything that writes waits with it"
    );
    let begun = Instant::now();
    let done = commit.await;
    tracing::warn!("the database answers again, after another {:?}", begun.elapsed());
    done
}

/// Whether it was committed. Work that failed on its own account is no failure of the commit.
async fn commit(connection: &mut SqliteConnection, memory: &Memory, group: &mut Vec<Work>) -> bool {
    let mut done: Vec<Acknowledge> = Vec::with_capacity(group.len());
    let outcome = match eagerly(carry_out(&mut *connection, memory, group, &mut done)).await {
        Ok(true) => sqlx::raw_sql("COMMIT").execute(&mut *connection).await.map(drop),
        Ok(false) => rollback(&mut *connection).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        // Work that was not reached is dropped, which its caller hears as a failure.
        group.clear();
        memory.forget();
        tracing::error!(%error, "a commit failed, nothing of it was written: {error}");
        let _ = rollback(connection).await;
    }
    for acknowledge in done {
        acknowledge(outcome.as_ref().copied());
    }
    outcome.is_ok()
}

/// Carries the work out in a transaction, and says whether anything of it is to be committed.
async fn carry_out(
    connection: &mut SqliteConnection,
    memory: &Memory,
    group: &mut Vec<Work>,
    done: &mut Vec<Acknowledge>,
) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let alone = group.len() == 1;
    for work in group.drain(..) {
        if !alone {
            sqlx::raw_sql("SAVEPOINT work").execute(&mut *connection).await?;
        }
        // A panic in one caller's work must not take the writer with it.
        let answer = AssertUnwindSafe(work(&mut *connection))
            .catch_unwind()
            .await
            .unwrap_or_default();
        let failed = answer.is_none();
        done.extend(answer);
        if failed {
            memory.forget();
        }
        if alone {
            return Ok(!failed);
        }
        let end = if failed {
            "ROLLBACK TO work; RELEASE work"
        } else {
            "RELEASE work"
        };
        sqlx::raw_sql(end).execute(&mut *connection).await?;
    }
    Ok(true)
}

async fn rollback(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("ROLLBACK").execute(connection).await.map(drop)
}
