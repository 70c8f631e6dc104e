//! The queue of runs, the claims on them, and the log of their attempts.

use async_trait::async_trait;
use wasmtab_domain::{
    decided::DecidedFire,
    ids::{AttemptId, BootId, JobId, RunId},
    job::Job,
    policy::Overlap,
    repeat::{Refused, Wish},
    run::{Attempt, AttemptLog, Claim, Outcome, Run, RunPolicy},
    status::{AttemptStatus, SkipReason, Trigger},
    time::Timestamp,
};

use crate::{Page, StoreResult};

/// A run that somebody asks for.
#[derive(Clone, Debug)]
pub struct NewTrigger {
    /// Of which job.
    pub job_id: JobId,
    /// In place of the job's own parameter.
    pub handler_param: Option<String>,
    /// In place of the job's own rule.
    pub overlap: Option<Overlap>,
    /// Who asks.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// A run that was made because somebody asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// As it was made.
    pub run: Run,
    /// What it was made of.
    pub job: Job,
}

/// Why a run was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerRefused {
    /// No such job.
    NotFound,
    /// This run is in the way.
    Overlap(RunId),
}

/// Instants of the past that shall run once more, or at last.
#[derive(Clone, Debug)]
pub struct NewBackfill {
    /// Of which job.
    pub job_id: JobId,
    /// The instants, in order.
    pub fires: Vec<Timestamp>,
    /// In place of the job's own parameter.
    pub handler_param: Option<String>,
    /// In place of the job's own rule.
    pub overlap: Option<Overlap>,
    /// Who asks.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// Ended runs that shall be carried out once more, with the parameters that they had.
#[derive(Clone, Debug)]
pub struct NewRepeats {
    /// Which.
    pub runs: Vec<RunId>,
    /// How.
    pub wish: Wish,
    /// Whether to decide alone, and make nothing.
    pub dry_run: bool,
    /// Who asks.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// What became of the wish to repeat a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatReply {
    /// This run repeats it; without one where nothing was to be made.
    Made(Option<RunId>),
    /// It is not repeated.
    Refused(Refused),
    /// No such run.
    NotFound,
}

/// A call of a handler without a job.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Who shall answer.
    pub handler_name: String,
    /// What it is given.
    pub handler_param: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How it is bounded and retried.
    pub policy: RunPolicy,
    /// Who asks.
    pub by: String,
    /// The present instant.
    pub now: Timestamp,
}

/// Who claims, and how much.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The claiming process.
    pub boot_id: BootId,
    /// Its node's name, for the log.
    pub node: String,
    /// The instant up to which runs are due.
    pub now: Timestamp,
    /// How many at most.
    pub limit: u32,
    /// How many of them by age alone, whatever their priority.
    pub by_age: u32,
}

/// What a claim took.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// The attempts, each of which this process now owns.
    pub claims: Vec<Claim>,
    /// When the next run that is left will be due; at or before the claim's instant when the limit was reached.
    pub next_due_at: Option<Timestamp>,
}

/// What became of a written outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReply {
    /// It decided the run.
    Ended,
    /// Another attempt follows at this instant.
    Retry(Timestamp),
    /// The attempt goes on without its process.
    Pending,
    /// The claim was not the attempt's owner any more: nothing was written.
    Refused,
}

/// What became of the wish that a run end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReply {
    /// It had not begun, and has ended.
    Ended,
    /// This attempt goes on and was asked to stop.
    Asked(AttemptId),
    /// It had ended before.
    AlreadyEnded,
    /// No such run.
    NotFound,
}

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this handler.
    pub handler_name: Option<String>,
    /// In this state; a contract word, of runs or of attempts.
    pub state: Option<String>,
    /// Only those that go on, or only those that have ended.
    pub active: Option<bool>,
    /// Of jobs that bear this label now.
    pub label: Option<String>,
    /// Made for this reason.
    pub trigger: Option<Trigger>,
    /// Scheduled at or after it.
    pub since: Option<Timestamp>,
    /// Scheduled before it.
    pub until: Option<Timestamp>,
}

/// Which rows of the log to list.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this run.
    pub run_id: Option<RunId>,
    /// Of this handler.
    pub handler_name: Option<String>,
    /// With this status.
    pub status: Option<AttemptStatus>,
    /// Skipped for this reason.
    pub reason: Option<SkipReason>,
    /// Of jobs that bear this label now.
    pub label: Option<String>,
    /// Of runs that were made for this reason.
    pub trigger: Option<Trigger>,
    /// Scheduled at or after it.
    pub since: Option<Timestamp>,
    /// Scheduled before it.
    pub until: Option<Timestamp>,
}

/// The queue and the log.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Starts a job by hand, as its overlap rule allows. Paused and stopped jobs may be started.
    async fn trigger(&self, trigger: NewTrigger) -> StoreResult<Result<Started, TriggerRefused>>;

    /// Makes a run for each of the instants, one after another unless the job lets runs overlap; none when there is no such job.
    async fn backfill(&self, backfill: NewBackfill) -> StoreResult<Option<Vec<RunId>>>;

    /// Carries ended runs out once more, or says of each why not; the replies are in the order of the runs.
    async fn repeat(&self, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>>;

    /// The newest run that repeats each of these, where there is one.
    async fn repeated_by(&self, runs: &[RunId]) -> StoreResult<Vec<(RunId, RunId)>>;

    /// What is on record of a job's instants from `since` to before `until`: runs of its schedule and of backfills, and skips
    /// that reach into it; by instant.
    async fn decided_fires(
        &self,
        job: JobId,
        since: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Vec<DecidedFire>>;

    /// Plans a call.
    async fn call(&self, call: NewCall) -> StoreResult<Run>;

    /// Takes runs that are due, and commits token, boot id and a `claimed` row for each before anything of them starts.
    async fn claim_due(&self, request: &ClaimRequest) -> StoreResult<Claimed>;

    /// Writes down that attempts have begun. An attempt that was finished or lost meanwhile is passed over.
    async fn mark_running(&self, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()>;

    /// Writes outcomes, in one transaction, and what follows each; the replies are in the same order.
    async fn finish(&self, outcomes: &[Outcome], now: Timestamp) -> StoreResult<Vec<FinishReply>>;

    /// Asks for a run's end.
    async fn cancel_run(&self, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply>;

    /// Asks for the end of several runs, in one transaction and in their order; so are the replies.
    async fn cancel_runs(&self, ids: &[RunId], by: &str, now: Timestamp) -> StoreResult<Vec<CancelReply>>;

    /// The attempts of this process that somebody asked to end.
    async fn cancel_wishes(&self, boot_id: BootId) -> StoreResult<Vec<AttemptId>>;

    /// Ends the attempts of processes that are gone, as `abandoned`, and returns their runs to the queue.
    async fn rescue(&self, living: BootId, now: Timestamp) -> StoreResult<u64>;

    /// Ends, as `abandoned`, the attempts that are `owner`'s but none of `known`: it never heard that its claim was
    /// committed, so nobody carries them out. Their runs return to the queue.
    async fn give_back(&self, owner: BootId, known: &[AttemptId], now: Timestamp) -> StoreResult<u64>;

    /// Takes claims of `owner` back that nobody has begun to carry out: their rows of the log go, and the runs wait as if they
    /// had not been claimed; one that somebody wished to end ends. Those that are not its own any more, or have begun, are
    /// passed over.
    async fn hand_back(&self, owner: BootId, attempts: &[AttemptId], now: Timestamp) -> StoreResult<()>;

    /// One run, active or ended.
    async fn run(&self, id: RunId) -> StoreResult<Option<Run>>;

    /// Runs, newest first, those below `before`.
    async fn runs(&self, filter: &RunFilter, before: Option<i64>, limit: u32) -> StoreResult<Page<Run>>;

    /// Rows of the log, newest first, those below `before`.
    async fn attempts(
        &self,
        filter: &AttemptFilter,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Page<Attempt>>;

    /// One row of the log.
    async fn attempt(&self, id: AttemptId) -> StoreResult<Option<Attempt>>;

    /// What an attempt wrote; empty where it wrote nothing.
    async fn attempt_log(&self, id: AttemptId) -> StoreResult<AttemptLog>;
}
