//! What goes from the log.

use async_trait::async_trait;
use wasmtab_domain::{ids::JobId, status::AttemptStatus, time::Timestamp};

use crate::{Page, StoreResult};

/// The number of what goes as a whole: a run's id, or that of a row of skipped fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey(pub i64);

/// How a run or skipped fires ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// What would go.
    pub key: LogKey,
    /// The run's last status, or `skipped`.
    pub status: AttemptStatus,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// Two sorts of things that a job has in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSort {
    /// Runs.
    Runs,
    /// Rows of skipped fires.
    Skipped,
}

/// Looking for what may go, and letting it go. Looking never holds up a write.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// What has ended, by the rising number of the row that tells its end: numbers above `after` of rows that were begun before
    /// `before`. The page's `next` is the number of its last row.
    async fn log_ends(&self, after: i64, before: Timestamp, limit: u32) -> StoreResult<Page<LogEnd>>;

    /// Jobs by rising id, those above `after`, that have more than `count` rows in the log; also such as were deleted. No more
    /// than `limit` jobs are looked at, so that a page may be empty and yet have a `next`.
    async fn crowded_jobs(&self, after: i64, count: u32, limit: u32) -> StoreResult<Page<JobId>>;

    /// What a job has in the log, newest first, at most `limit` of it.
    async fn newest_of_job(&self, job: JobId, sort: LogSort, limit: u32) -> StoreResult<Vec<LogKey>>;

    /// Removes runs with all their attempts and lines, and skipped fires; how many rows it were. Runs that have not ended stay.
    async fn remove_from_log(&self, keys: &[LogKey]) -> StoreResult<u64>;
}
