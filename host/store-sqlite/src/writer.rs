//! The one connection that writes. Whatever is queued when it becomes free, and whatever comes until that is carried out, shares a
//! transaction: the price of a durable commit is paid once for all of it, and nobody waits on a timer.

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

/// What follows a piece of work in its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Whatever else is queued by then.
    Others,
    /// The commit, which is due at that moment.
    Commit,
}

/// A piece of work as it is queued.
struct Piece {
    work: Work,
    then: Then,
}

#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::Sender<Piece>);

impl Writer {
    /// Starts the writer; it ends when the last handle is gone.
    pub(crate) fn start(connection: SqliteConnection, memory: Memory, meters: StoreMeters) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(serve(connection, receiver, memory, meters));
        Self(sender)
    }

    /// Runs `work` in a transaction and answers after its commit. A failing piece of work undoes only itself.
    pub(crate) async fn run<T, F>(&self, then: Then, work: F) -> StoreResult<T>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            Box::pin(async move {
                // A panic in one caller's work must not take the writer with it.
                let failed = match AssertUnwindSafe(work(connection)).catch_unwind().await {
                    Ok(Ok(value)) => {
                        return Some(Box::new(move |committed: Result<(), &sqlx::Error>| {
                            let _ = answer.send(committed.map(|()| value).map_err(transient));
                        }) as Acknowledge);
                    }
                    Ok(Err(error)) => store_error(error),
                    Err(_) => StoreError::Permanent("what was to be written panicked, and was undone".into()),
                };
                let _ = answer.send(Err(failed));
                None
            })
        });
        let unwritten = |why: &str| StoreError::Transient(why.into());
        self.0
            .send(Piece { work, then })
            .await
            .map_err(|_| unwritten("the writer has ended"))?;
        answered
            .await
            .map_err(|_| unwritten("the database refused the transaction that this was to be part of"))?
    }
}

fn transient(error: &sqlx::Error) -> StoreError {
    StoreError::Transient(error.to_string())
}

async fn serve(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Piece>,
    memory: Memory,
    meters: StoreMeters,
) {
    while let Some(first) = queue.recv().await {
        let begun = Instant::now();
        let transaction = commit(&mut connection, &memory, first, &mut queue);
        match watched(transaction).await {
            Some(0) => {}
            Some(size) => meters.committed(size, begun.elapsed()),
            None => meters.not_committed(),
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

/// How many pieces of work were committed, if nothing prevented it. Work that failed on its own account is no failure of the commit.
async fn commit(
    connection: &mut SqliteConnection,
    memory: &Memory,
    first: Piece,
    queue: &mut mpsc::Receiver<Piece>,
) -> Option<usize> {
    let mut done = Vec::new();
    let (size, outcome) = match eagerly(carry_out(&mut *connection, memory, first, queue, &mut done)).await {
        Ok(0) => (0, rollback(&mut *connection).await),
        Ok(size) => (
            size,
            sqlx::raw_sql("COMMIT").execute(&mut *connection).await.map(drop),
        ),
        Err(error) => (0, Err(error)),
    };
    if let Err(error) = &outcome {
        memory.forget();
        tracing::error!(%error, "a commit failed, nothing of it was written: {error}");
        let _ = rollback(connection).await;
        // Whoever waited meanwhile hears of it too: where a lock is held for long, each would wait for it as long again.
        for _ in 0..queue.len() {
            let _ = queue.try_recv();
        }
    }
    for acknowledge in done {
        acknowledge(outcome.as_ref().copied());
    }
    outcome.ok().map(|()| size)
}

/// Carries work out in a transaction, and says how many pieces there are to commit.
async fn carry_out(
    connection: &mut SqliteConnection,
    memory: &Memory,
    first: Piece,
    queue: &mut mpsc::Receiver<Piece>,
    done: &mut Vec<Acknowledge>,
) -> Result<usize, sqlx::Error> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut then = first.then;
    if !try_out(connection, memory, first.work, done).await {
        return Ok(0);
    }
    let mut size = 1;
    // The last savepoint is left to the commit.
    let mut begin = "SAVEPOINT work";
    while then == Then::Others
        && size < GROUP
        && let Ok(piece) = queue.try_recv()
    {
        sqlx::raw_sql(begin).execute(&mut *connection).await?;
        if !try_out(connection, memory, piece.work, done).await {
            sqlx::raw_sql("ROLLBACK TO work")
                .execute(&mut *connection)
                .await?;
        }
        begin = "RELEASE work; SAVEPOINT work";
        then = piece.then;
        size += 1;
    }
    Ok(size)
}

/// Whether the work succeeded, so that its caller waits for the commit.
async fn try_out(
    connection: &mut SqliteConnection,
    memory: &Memory,
    work: Work,
    done: &mut Vec<Acknowledge>,
) -> bool {
    let answer = work(connection).await;
    let succeeded = answer.is_some();
    if !succeeded {
        memory.forget();
    }
    done.extend(answer);
    succeeded
}

async fn rollback(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("ROLLBACK").execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::BoxFuture;
    use sqlx::{ConnectOptions as _, SqliteConnection};
    use tempfile::TempDir;
    use tokio::sync::{mpsc, oneshot};
    use wasmtab_domain::ids::IdSource;
    use wasmtab_store::{StoreError, StoreMeters, StoreResult};

    use super::{Acknowledge, Piece, Then, Writer, commit};
    use crate::{memory::Memory, open};

    /// A writer of notes, and somebody else who reads them.
    struct Notes {
        writer: Writer,
        reader: SqliteConnection,
        _directory: TempDir,
    }

    impl Notes {
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let options = open::options(&directory.path().join("notes.db"));
            let mut reader = options.connect().await.unwrap();
            sqlx::raw_sql("CREATE TABLE note (text TEXT UNIQUE)")
                .execute(&mut reader)
                .await
                .unwrap();
            let connection = options.connect().await.unwrap();
            let memory = Memory::new(IdSource::new(1, 0));
            Self {
                writer: Writer::start(connection, memory, StoreMeters::new()),
                reader,
                _directory: directory,
            }
        }
    }

    /// Carries out one piece of work, and a second that comes while the first is carried out.
    async fn meanwhile<T: Send + 'static>(
        writer: &Writer,
        first: &'static str,
        then: Then,
        second: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
        + Send
        + 'static,
    ) -> (StoreResult<()>, StoreResult<T>) {
        let (come, came) = oneshot::channel();
        let first = writer.run(then, move |c| {
            Box::pin(async move {
                came.await.unwrap();
                note(c, first).await
            })
        });
        let second = writer.run(Then::Others, second);
        // Asked one after the other, so that the second is queued when the first goes on.
        let (first, second, ()) = tokio::join!(first, second, async { come.send(()).unwrap() });
        (first, second)
    }

    async fn note(connection: &mut SqliteConnection, text: &str) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO note VALUES (?)")
            .bind(text)
            .execute(connection)
            .await
            .map(drop)
    }

    async fn count(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT count(*) FROM note")
            .fetch_one(connection)
            .await
    }

    /// What somebody else finds committed of the first piece of work while the second is carried out.
    async fn found_by_others(then: Then) -> i64 {
        let notes = Notes::new().await;
        let mut reader = notes.reader;
        let (first, second) = meanwhile(&notes.writer, "first", then, |_| {
            Box::pin(async move { Ok((count(&mut reader).await?, reader)) })
        })
        .await;
        first.unwrap();
        let (found, mut reader) = second.unwrap();
        assert_eq!(count(&mut reader).await.unwrap(), 1);
        found
    }

    #[tokio::test]
    async fn what_comes_meanwhile_shares_the_commit() {
        assert_eq!(found_by_others(Then::Others).await, 0);
    }

    #[tokio::test]
    async fn a_commit_that_is_due_waits_for_nobody() {
        assert_eq!(found_by_others(Then::Commit).await, 1);
    }

    #[tokio::test]
    async fn work_that_fails_undoes_itself_alone() {
        let mut notes = Notes::new().await;
        let (first, second) = meanwhile(&notes.writer, "once", Then::Others, |c| {
            Box::pin(async move {
                note(c, "undone").await?;
                note(c, "once").await
            })
        })
        .await;
        assert!(first.is_ok() && second.is_err(), "{second:?}");
        assert_eq!(count(&mut notes.reader).await.unwrap(), 1);
        let (first, second) = meanwhile(&notes.writer, "once", Then::Others, |c| {
            Box::pin(note(c, "other"))
        })
        .await;
        assert!(first.is_err() && second.is_ok(), "{first:?}");
        assert_eq!(count(&mut notes.reader).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn work_that_panics_undoes_itself_alone() {
        let mut notes = Notes::new().await;
        let (first, second) = meanwhile::<()>(&notes.writer, "first", Then::Others, |c| {
            Box::pin(async move {
                note(c, "undone").await?;
                panic!("a defect")
            })
        })
        .await;
        assert!(first.is_ok(), "{first:?}");
        assert!(
            matches!(&second, Err(StoreError::Permanent(why)) if why.contains("panicked")),
            "{second:?}"
        );
        assert_eq!(count(&mut notes.reader).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn who_waits_behind_a_refused_transaction_does_not_wait_again() {
        let directory = tempfile::tempdir().unwrap();
        let options = open::options(&directory.path().join("notes.db")).busy_timeout(Duration::ZERO);
        let mut holder = options.connect().await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut holder)
            .await
            .unwrap();
        let (sender, mut queue) = mpsc::channel(1);
        sender.send(idle()).await.unwrap();
        let mut connection = options.connect().await.unwrap();
        let memory = Memory::new(IdSource::new(1, 0));
        let size = commit(&mut connection, &memory, idle(), &mut queue).await;
        assert_eq!((size, queue.len()), (None, 0));
        sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
        sender.send(idle()).await.unwrap();
        let size = commit(&mut connection, &memory, idle(), &mut queue).await;
        assert_eq!((size, queue.len()), (Some(2), 0));
    }

    fn idle() -> Piece {
        Piece {
            work: Box::new(|_| Box::pin(async { Some(Box::new(|_: Result<(), &_>| ()) as Acknowledge) })),
            then: Then::Others,
        }
    }
}
