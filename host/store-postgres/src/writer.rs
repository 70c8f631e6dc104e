//! The one connection of this process that writes. Whatever is queued when it becomes free shares a transaction: the price of
//! a durable commit is paid once for all of it, and nobody waits on a timer.
//!
//! Other processes write too. Work that met one of them (a deadlock, a key that was taken meanwhile, a lock that did not come) is
//! undone and tried again by itself, so that it sees what the other one did.

use std::{panic::AssertUnwindSafe, time::Instant};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::sync::{mpsc, oneshot};
use wasmtab_store::{StoreError, StoreMeters, StoreResult};

use crate::store_error;

/// Pieces of work that may wait; beyond it callers wait to hand theirs in.
const QUEUE: usize = 1_024;
/// Pieces of work that one transaction takes.
const GROUP: usize = 256;
/// How often a piece of work is tried that met others.
const TRIES: u32 = 8;

/// Work that is carried out, perhaps again, and answered once its fate is known.
trait Task: Send {
    fn run<'a>(&'a mut self, connection: &'a mut PgConnection) -> BoxFuture<'a, Result<(), sqlx::Error>>;
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

struct Piece<T, F> {
    work: F,
    value: Option<T>,
    answer: oneshot::Sender<StoreResult<T>>,
}

impl<T, F> Task for Piece<T, F>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Clone + Send,
    T: Send,
{
    fn run<'a>(&'a mut self, connection: &'a mut PgConnection) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        let work = self.work.clone();
        Box::pin(async move {
            self.value = Some(work(connection).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let Self { value, answer, .. } = *self;
        let none = || StoreError::Transient("the work ended without an answer".into());
        // Whoever asked may have gone.
        let _ = answer.send(fate.and_then(|()| value.ok_or_else(none)));
    }
}

struct Work {
    task: Box<dyn Task>,
    tries: u32,
}

#[derive(Debug)]
pub(crate) struct Writer(mpsc::Sender<Work>);

impl Writer {
    /// Starts the writer; it ends when the last handle is gone. It connects anew after a failure.
    pub(crate) fn start(connection: PgConnection, options: PgConnectOptions, meters: StoreMeters) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(serve(connection, options, receiver, meters));
        Self(sender)
    }

    /// Runs `work` in a transaction and answers after its commit. A failing piece of work undoes only itself.
    pub(crate) async fn run<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Clone
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let task = Box::new(Piece {
            work,
            value: None,
            answer,
        });
        let gone = || StoreError::Transient("the writer has ended".into());
        let work = Work { task, tries: 0 };
        self.0.send(work).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn serve(
    connection: PgConnection,
    options: PgConnectOptions,
    mut queue: mpsc::Receiver<Work>,
    meters: StoreMeters,
) {
    let mut connection = Some(connection);
    let mut group = Vec::with_capacity(GROUP);
    let mut again = Vec::new();
    loop {
        if group.is_empty() && queue.recv_many(&mut group, GROUP).await == 0 {
            break;
        }
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => options.connect().await,
        };
        match open {
            Ok(mut open) => {
                let (size, begun) = (group.len(), Instant::now());
                if commit(&mut open, &mut group, &mut again).await {
                    meters.committed(size, begun.elapsed());
                    connection = Some(open);
                } else {
                    // Whatever state it is in, a new one is in none.
                    meters.not_committed();
                    drop(open);
                }
            }
            Err(error) => {
                tracing::error!(%error, "the database cannot be reached: {error}");
                for work in group.drain(..) {
                    work.task.answer(Err(StoreError::Transient(error.to_string())));
                }
            }
        }
        group.append(&mut again);
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::debug!(%error, "closing the connection: {error}");
    }
}

/// What became of one piece of work.
enum Done {
    Written,
    Again,
    Failed(sqlx::Error),
}

/// Whether the transaction was committed, and the connection can be used on. Work that met others is put into `again`.
async fn commit(connection: &mut PgConnection, group: &mut Vec<Work>, again: &mut Vec<Work>) -> bool {
    let mut written: Vec<Work> = Vec::with_capacity(group.len());
    let outcome = async {
        sqlx::raw_sql("BEGIN").execute(&mut *connection).await?;
        let alone = group.len() == 1;
        for mut work in group.drain(..) {
            if !alone {
                sqlx::raw_sql("SAVEPOINT work").execute(&mut *connection).await?;
            }
            work.tries += 1;
            match carry_out(&mut work, connection).await {
                Done::Written if alone => written.push(work),
                Done::Written => {
                    written.push(work);
                    sqlx::raw_sql("RELEASE work").execute(&mut *connection).await?;
                    continue;
                }
                Done::Again => again.push(work),
                Done::Failed(error) if is_lost(&error) => {
                    work.task.answer(Err(StoreError::Transient(error.to_string())));
                    return Err(error);
                }
                Done::Failed(error) => work.task.answer(Err(store_error(error))),
            }
            if !alone {
                sqlx::raw_sql("ROLLBACK TO work; RELEASE work")
                    .execute(&mut *connection)
                    .await?;
            } else if written.is_empty() {
                return sqlx::raw_sql("ROLLBACK")
                    .execute(&mut *connection)
                    .await
                    .map(drop);
            }
        }
        sqlx::raw_sql("COMMIT").execute(&mut *connection).await.map(drop)
    }
    .await;
    if let Err(error) = &outcome {
        tracing::error!(%error, "a commit failed, nothing of it was written: {error}");
    }
    let fate = |error: &sqlx::Error| StoreError::Transient(error.to_string());
    for work in written {
        work.task.answer(outcome.as_ref().copied().map_err(fate));
    }
    // Work that was not reached is dropped, which its caller hears as a failure.
    group.clear();
    outcome.is_ok()
}

async fn carry_out(work: &mut Work, connection: &mut PgConnection) -> Done {
    // A panic in one caller's work must not take the writer with it.
    let done = AssertUnwindSafe(work.task.run(connection)).catch_unwind().await;
    match done {
        Ok(Ok(())) => Done::Written,
        Ok(Err(error)) if met_others(&error) && work.tries < TRIES => Done::Again,
        Ok(Err(error)) => Done::Failed(error),
        Err(_) => Done::Failed(sqlx::Error::WorkerCrashed),
    }
}

/// Whether another process was in the way, and may not be the next time.
fn met_others(error: &sqlx::Error) -> bool {
    const UNIQUE_VIOLATION: &str = "23505";
    const SERIALIZATION_FAILURE: &str = "40001";
    const DEADLOCK_DETECTED: &str = "40P01";
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const WORTHWHILE: [&str; 4] = [
        UNIQUE_VIOLATION,
        SERIALIZATION_FAILURE,
        DEADLOCK_DETECTED,
        LOCK_NOT_AVAILABLE,
    ];
    code(error).is_some_and(|code| WORTHWHILE.contains(&code.as_str()))
}

/// Whether the connection is of no use any more.
fn is_lost(error: &sqlx::Error) -> bool {
    /// Classes of codes: the connection itself, and the server's operators.
    const CLASSES: [&str; 2] = ["08", "57P"];
    match error {
        sqlx::Error::Database(_) => {
            code(error).is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()?
        .code()
        .map(std::borrow::Cow::into_owned)
}
