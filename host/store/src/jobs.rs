//! Jobs, their revisions and pauses, and the release of their fires.

use std::{collections::HashMap, pin::Pin, sync::Arc};

use async_trait::async_trait;
use wasmtab_domain::{
    ids::{JobId, RunId},
    job::{Job, JobSpec, PausePeriod, Revision},
    run::Binding,
    time::Timestamp,
};

use crate::{Page, StoreResult};

/// A job as somebody wants it to be.
#[derive(Clone, Debug)]
pub struct JobWrite {
    /// What it shall say.
    pub spec: JobSpec,
    /// Which collection of documents makes it; an edit keeps the job's own.
    pub source: Option<String>,
    /// Who says so.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// Why a job was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// No such job.
    NotFound,
    /// Another job bears the name.
    NameTaken(JobId),
    /// The job has moved on: this is its revision.
    Stale(i64),
    /// There is no calendar of this name, which its blackouts name.
    NoCalendar(String),
    /// Along the jobs that it would start, this way leads back to it.
    Cycle(Vec<String>),
}

/// What shall become of a job among others.
#[derive(Clone, Debug)]
pub enum JobChange {
    /// A pause is laid over it, or replaces the one that is there.
    Pause {
        /// When it lifts itself.
        until: Option<Timestamp>,
        /// Why.
        note: Option<String>,
    },
    /// Its pause is lifted.
    Resume,
    /// It says something else, if it is at this revision.
    Update(Box<JobSpec>, i64),
    /// It is removed.
    Delete,
}

/// What shall become of several jobs.
#[derive(Clone, Debug)]
pub struct JobChanges {
    /// Each job and its change.
    pub changes: Vec<(JobId, JobChange)>,
    /// Who asks.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// What a pause says.
#[derive(Clone, Debug)]
pub struct PauseRequest {
    /// When it lifts itself.
    pub until: Option<Timestamp>,
    /// Why.
    pub note: Option<String>,
    /// Who.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Part of the name, in any case.
    pub text: Option<String>,
    /// Only jobs of this handler.
    pub handler_name: Option<String>,
    /// Only paused ones, or only those that are not.
    pub paused: Option<bool>,
    /// Only jobs that were declared so.
    pub status: Option<wasmtab_domain::policy::JobStatus>,
    /// Only jobs that bear this label.
    pub label: Option<String>,
    /// Only jobs that this collection of documents made.
    pub source: Option<String>,
}

/// Answers once an instant has come: `false` where it will not, because the clock was set back or the process ends.
pub type Come = Pin<Box<dyn Future<Output = bool> + Send>>;

/// What one release did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Runs that were made.
    pub runs: u64,
    /// Fires that were skipped.
    pub skipped: u64,
    /// Whether more is due at the same instant.
    pub more: bool,
    /// When the planner has to look again; none where more is due.
    pub next_plan_at: Option<Timestamp>,
}

/// What the deletion of a job left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Its runs that were asked to end.
    pub cancelled: Vec<RunId>,
}

/// The job table.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Makes a job; its first fire lies after `now`. Chains of jobs never come round.
    async fn create_job(&self, write: JobWrite) -> StoreResult<Result<Job, WriteError>>;

    /// Lets a job say something else. Fires up to now are decided by what it said before. An equal specification changes
    /// nothing, and the revision stays. With `expected`, the job must be at that revision.
    async fn update_job(
        &self,
        id: JobId,
        expected: Option<i64>,
        write: JobWrite,
    ) -> StoreResult<Result<Job, WriteError>>;

    /// Removes a job: its fires up to now are decided, its runs are asked to end, its state goes, its log stays.
    async fn delete_job(
        &self,
        id: JobId,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<Result<Deleted, WriteError>>;

    /// Lays a pause over a job, or replaces the one that is there. Retries wait from now on.
    async fn pause_job(&self, id: JobId, request: PauseRequest) -> StoreResult<Result<Job, WriteError>>;

    /// Lifts the pause; no fire of the time in between runs.
    async fn resume_job(&self, id: JobId, by: &str, now: Timestamp) -> StoreResult<Result<Job, WriteError>>;

    /// Changes several jobs, in one transaction; a job whose change is refused keeps no other from its own. The replies are in
    /// the order of the changes.
    async fn change_jobs(&self, changes: JobChanges) -> StoreResult<Vec<Result<(), WriteError>>>;

    /// One job.
    async fn job(&self, id: JobId) -> StoreResult<Option<Job>>;

    /// One job by its name.
    async fn job_named(&self, name: &str) -> StoreResult<Option<Job>>;

    /// Jobs by rising id, those above `after`.
    async fn jobs(&self, filter: &JobFilter, after: Option<i64>, limit: u32) -> StoreResult<Page<Job>>;

    /// Which of these names are borne by jobs.
    async fn known_jobs(&self, names: &[String]) -> StoreResult<Vec<String>>;

    /// The jobs that each of these starts at its end, by name; those that start none are left out.
    async fn chains_from(&self, names: &[String]) -> StoreResult<Vec<(String, Vec<String>)>>;

    /// What a job said over time, oldest first; also of a job that was deleted.
    async fn revisions(&self, id: JobId) -> StoreResult<Vec<Revision>>;

    /// The pauses of a job, oldest first.
    async fn pauses(&self, id: JobId) -> StoreResult<Vec<PausePeriod>>;

    /// Decides the fires of at most `limit` jobs that are due at `now`.
    async fn release_due(&self, now: Timestamp, limit: u32) -> StoreResult<Released>;

    /// Jobs whose plan is due after `after`, and at `until` at the latest, are about to be released: what that needs may be read
    /// before it is urgent. Nothing depends on it. Answers with the handlers that their attempts would run on as things stand.
    async fn foresee(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> StoreResult<HashMap<String, Arc<Binding>>> {
        let _ = (after, until);
        Ok(HashMap::new())
    }

    /// How many jobs, counted up to `most`, could be released [ahead](Self::release_at) for this instant: none where nothing ever is.
    async fn crowd_at(&self, at: Timestamp, most: u32) -> StoreResult<u32> {
        let _ = (at, most);
        Ok(0)
    }

    /// Decides, a little before `at`, the fires that at most `limit` jobs have at that very instant, and commits once it
    /// has `come`. Everything else that writes waits until then, so that nothing can happen between decision and commit that
    /// the decision would have to know of. What it leaves is for [`release_due`](Self::release_due): jobs that are due
    /// before, those that are paused, and those with active runs, whose end may come in the meantime.
    ///
    /// Answers whether it was released; where `come` is `false`, and after an error, everything is as it was.
    async fn release_at(&self, at: Timestamp, limit: u32, come: Come) -> StoreResult<bool> {
        let _ = (at, limit, come);
        Ok(false)
    }

    /// Computes anew every next fire that lies after `now`: after the wall clock went back, or with newer zone data.
    /// Instants that were decided stay decided.
    async fn replan(&self, now: Timestamp) -> StoreResult<()>;
}
