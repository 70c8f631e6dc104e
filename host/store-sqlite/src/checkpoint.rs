//! Moving committed pages from the write-ahead log into the database, on a connection of its own, so that no commit
//! pays for it.

use std::{path::Path, time::Duration};

use sqlx::SqliteConnection;
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::open::log_of;

/// How often the log is looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// Bytes of log below which nothing is done.
const WORTHWHILE: u64 = 4 * 1024 * 1024;
/// How often a look tries to bring everything over, also what has come meanwhile. Only a log of which nothing is left begins anew, and
/// to write over it is half the work of making it longer.
const TRIES: u32 = 4;
/// Where more pages than that have come since the last look, the writer never rests: to bring them over would keep the disk, and the
/// processors, from it.
const MANY: i64 = 2_048;
/// A log of so many pages is brought over all the same.
const LONG: i64 = 8_192;

/// Works until it is dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer(JoinHandle<()>);

impl Checkpointer {
    pub(crate) fn start(mut connection: SqliteConnection, database: &Path) -> Self {
        let log = log_of(database);
        Self(tokio::spawn(async move {
            let mut known = 0;
            let mut period = tokio::time::interval(PERIOD);
            period.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                period.tick().await;
                if tokio::fs::metadata(&log).await.map_or(0, |meta| meta.len()) < WORTHWHILE {
                    continue;
                }
                if let Err(error) = bring_over(&mut connection, &mut known).await {
                    tracing::warn!(%error, "a checkpoint failed, the next one tries again: {error}");
                }
            }
        }))
    }
}

/// What the log holds, and how much of it the database has too.
struct Log {
    pages: i64,
    brought_over: i64,
}

/// Brings over what the log holds; `known` is how many pages it was known to hold.
async fn bring_over(connection: &mut SqliteConnection, known: &mut i64) -> Result<(), sqlx::Error> {
    let log = look(connection, LOOK).await?;
    let come = since(std::mem::replace(known, log.pages), log.pages);
    if log.brought_over == log.pages || come > MANY && log.pages < LONG {
        return Ok(());
    }
    for _ in 0..TRIES {
        let begun = look(connection, BRING_OVER).await?.pages;
        *known = look(connection, LOOK).await?.pages;
        let meanwhile = since(begun, *known);
        if meanwhile == 0 || meanwhile > MANY {
            break;
        }
    }
    Ok(())
}

const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
const BRING_OVER: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The log as it is when this begins.
async fn look(connection: &mut SqliteConnection, by: &'static str) -> Result<Log, sqlx::Error> {
    let (_, pages, brought_over): (i64, i64, i64) = sqlx::query_as(by).fetch_one(connection).await?;
    Ok(Log { pages, brought_over })
}

/// How many pages have come: a log that holds fewer than before has begun anew.
const fn since(before: i64, pages: i64) -> i64 {
    if pages < before { pages } else { pages - before }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, SqliteConnection};
    use tempfile::TempDir;

    use super::{LONG, LOOK, MANY, bring_over, look};
    use crate::open;

    /// Somebody who writes pages, and a checkpointer's connection.
    struct Pages {
        writer: SqliteConnection,
        other: SqliteConnection,
        known: i64,
        _directory: TempDir,
    }

    impl Pages {
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let options = open::options(&directory.path().join("pages.db"));
            let mut writer = options.connect().await.unwrap();
            sqlx::raw_sql("CREATE TABLE page (content BLOB)")
                .execute(&mut writer)
                .await
                .unwrap();
            Self {
                writer,
                other: options.connect().await.unwrap(),
                known: 0,
                _directory: directory,
            }
        }

        async fn write(&mut self, pages: i64) {
            sqlx::query("INSERT INTO page VALUES (zeroblob(?))")
                .bind(pages * 4_096)
                .execute(&mut self.writer)
                .await
                .unwrap();
        }

        /// How many pages are left to bring over after a look.
        async fn left(&mut self) -> i64 {
            bring_over(&mut self.other, &mut self.known).await.unwrap();
            let log = look(&mut self.other, LOOK).await.unwrap();
            log.pages - log.brought_over
        }
    }

    #[tokio::test]
    async fn a_writer_that_never_rests_is_left_alone_until_the_log_is_long() {
        let mut pages = Pages::new().await;
        pages.write(MANY + 1).await;
        assert!(pages.left().await > MANY);
        while pages.known < LONG {
            pages.write(MANY + 1).await;
            let left = pages.left().await;
            assert_eq!(left == 0, pages.known >= LONG, "{left} of {}", pages.known);
        }
    }

    #[tokio::test]
    async fn all_is_brought_over_once_the_writer_rests() {
        let mut pages = Pages::new().await;
        pages.write(MANY + 1).await;
        assert!(pages.left().await > 0);
        assert_eq!(pages.left().await, 0);
        pages.write(1).await;
        assert_eq!(pages.left().await, 0);
    }
}
