//! Moving committed pages from the write-ahead log into the database, on a connection of its own, so that no commit
//! pays for it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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
/// Where more pages than that have come since the last look, the writer never rests: trying again would only keep the disk from it.
const MANY: i64 = 2_048;

/// Works until it is dropped.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    task: JoinHandle<()>,
    /// Whether the next look is left out.
    busy: Arc<AtomicBool>,
}

impl Checkpointer {
    pub(crate) fn start(mut connection: SqliteConnection, database: &Path) -> Self {
        let log = log_of(database);
        let busy = Arc::new(AtomicBool::new(false));
        let left_out = Arc::clone(&busy);
        let task = tokio::spawn(async move {
            let mut known = 0;
            let mut period = tokio::time::interval(PERIOD);
            period.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                period.tick().await;
                if left_out.swap(false, Ordering::Relaxed)
                    || tokio::fs::metadata(&log).await.map_or(0, |meta| meta.len()) < WORTHWHILE
                {
                    continue;
                }
                if let Err(error) = bring_over(&mut connection, &mut known).await {
                    tracing::warn!(%error, "a checkpoint failed, the next one tries again: {error}");
                }
            }
        });
        Self { task, busy }
    }

    /// There is more urgent work at the moment: the next look waits for the one after it.
    pub(crate) fn leave_out_a_look(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }
}

/// Brings over what the log holds; `known` is how many pages it was known to hold, of which there are fewer where it began anew.
async fn bring_over(connection: &mut SqliteConnection, known: &mut i64) -> Result<(), sqlx::Error> {
    for _ in 0..TRIES {
        let (_, pages, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)")
            .fetch_one(&mut *connection)
            .await?;
        let before = std::mem::replace(known, pages);
        let come = if pages < before { pages } else { pages - before };
        if come == 0 || come > MANY {
            break;
        }
    }
    Ok(())
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
