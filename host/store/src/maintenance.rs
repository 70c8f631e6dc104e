//! Keeping the database itself: copies of it, and what a check-up looks at.

use std::fs::File;

use async_trait::async_trait;
use wasmtab_domain::{ids::RunId, interval::Interval, time::Timestamp};

use crate::StoreResult;

/// A copy of everything as of one instant, in a file that nobody else knows by name: it is gone when it is closed.
#[derive(Debug)]
pub struct Snapshot {
    /// From its beginning.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
}

/// A few of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample<T> {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<T>,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self {
            count: 0,
            first: Vec::new(),
        }
    }
}

/// A pause, as a check-up shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedJob {
    /// The job's name.
    pub name: String,
    /// Since when.
    pub paused_at: Timestamp,
    /// Until when; none: until somebody resumes it.
    pub until: Option<Timestamp>,
}

/// An attempt that a process owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAttempt {
    /// Its run.
    pub run_id: RunId,
    /// The job's name; none for a call.
    pub job_name: Option<String>,
    /// Who answers.
    pub handler_name: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// How long it may take.
    pub timeout: Interval,
    /// Until when its process's claims hold; none where the process is not known.
    pub lease_until: Option<Timestamp>,
}

/// What a check-up looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Jobs with a fire ahead whose handler resolves to no version, each with the handler's name.
    pub unresolved: Sample<(String, String)>,
    /// Handlers that are held.
    pub held: Sample<String>,
    /// Jobs that should fire, are not paused, and have no fire ahead.
    pub over: Sample<String>,
    /// Jobs that are paused, those of the longest pause first.
    pub paused: Sample<PausedJob>,
    /// The zones that jobs follow, as they are written.
    pub zones: Vec<String>,
    /// Attempts that processes own, the oldest first.
    pub owned: Sample<OwnedAttempt>,
    /// Runs that wait for the turn of a job that has no other run left.
    pub turnless: Sample<RunId>,
    /// Attempts among the newest rows of the log that go on, though no run does.
    pub rows_without_run: u64,
    /// Lines of attempts that are gone.
    pub lines_without_row: u64,
    /// Jobs that are gone and whose state is not.
    pub state_without_job: u64,
    /// Components that no version has any more.
    pub content_without_version: u64,
    /// Administrators' tokens.
    pub administrators: u64,
}

/// The database as a whole.
#[async_trait]
pub trait MaintenanceStore: Send + Sync {
    /// Copies everything that is committed, consistently, while writes go on. The copy says that it was taken at `now`. None where the
    /// database is a server of its own, with its own ways.
    async fn snapshot(&self, now: Timestamp) -> StoreResult<Option<Snapshot>>;

    /// What does not fit together in the database's own structure, at most `most` of it.
    async fn faults(&self, most: u32) -> StoreResult<Vec<String>>;

    /// The version of the schema.
    async fn schema(&self) -> StoreResult<i64>;

    /// What a check-up looks at; of what there may be many, the first `most`.
    async fn findings(&self, most: u32) -> StoreResult<Findings>;
}
