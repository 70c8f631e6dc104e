//! What the cases share: an empty database at a known instant, and short words for what they do to it.

use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    interval::Interval,
    job::{Job, JobSpec, ReadContext},
    limits,
    policy::{RetryPolicy, RetryVersion},
    run::{Attempt, Claim, Outcome, Run, RunPolicy, RunStatus},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use crate::{
    AttemptFilter, ClaimRequest, FinishReply, JobWrite, NewTrigger, PauseRequest, Released, RunFilter, Store,
    WriteError,
};

/// 2026-01-05T00:00:00Z, a Monday: the instant at which the cases begin.
const BEGIN: i64 = 1_767_571_200;

/// `secs` seconds after the begin.
pub const fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(BEGIN + secs)
}

/// The process that the cases are.
pub(super) const BOOT: BootId = BootId(1);
/// A page that holds everything a case makes.
const ALL: u32 = 100_000;

/// A database and short words for what is done to it.
#[derive(Clone, Debug)]
pub struct World {
    /// The database.
    pub store: Arc<dyn Store>,
}

impl World {
    /// Over a database.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Reads a job as the API does; `name`, `handlerName` and a schedule of one minute stand in where absent.
    pub fn spec(mut said: Value) -> JobSpec {
        let fields = said.as_object_mut().unwrap();
        fields.entry("name").or_insert(json!("job"));
        fields.entry("handlerName").or_insert(json!("Handler"));
        if !fields.contains_key("cronExpression") {
            fields.entry("every").or_insert(json!(60));
        }
        let context = ReadContext {
            default_zone: Tz::UTC,
            max_memory: limits::DEFAULT_MEMORY,
        };
        JobSpec::read(fields, &context, None).unwrap()
    }

    /// `spec` with other words for some fields.
    pub fn patched(spec: &JobSpec, said: &Value) -> JobSpec {
        let context = ReadContext {
            default_zone: Tz::UTC,
            max_memory: limits::DEFAULT_MEMORY,
        };
        spec.patched(said.as_object().unwrap_or(&Map::new()), &context)
            .unwrap()
    }

    /// Makes a job at `now`.
    pub async fn create(&self, said: Value, now: Timestamp) -> Job {
        let write = JobWrite {
            spec: Self::spec(said),
            source: None,
            by: "ann".into(),
            now,
        };
        self.store.create_job(write).await.unwrap().unwrap()
    }

    /// Makes a job at the begin.
    pub(super) async fn job(&self, said: Value) -> Job {
        self.create(said, at(0)).await
    }

    /// Lets a job say something else.
    pub async fn edit(&self, id: JobId, said: Value, now: Timestamp) -> Result<Job, WriteError> {
        let spec = Self::patched(&self.read(id).await.spec, &said);
        let write = JobWrite {
            spec,
            source: None,
            by: "bob".into(),
            now,
        };
        self.store.update_job(id, None, write).await.unwrap()
    }

    /// The job as it stands.
    pub async fn read(&self, id: JobId) -> Job {
        self.store.job(id).await.unwrap().unwrap()
    }

    /// Releases everything that is due, as the planner does.
    pub async fn release(&self, now: Timestamp) -> Released {
        let mut all = Released::default();
        loop {
            let released = self.store.release_due(now, 500).await.unwrap();
            all.runs += released.runs;
            all.skipped += released.skipped;
            all.next_plan_at = released.next_plan_at;
            if !released.more {
                return all;
            }
        }
    }

    /// Claims up to `limit` runs for the process `boot`.
    pub async fn claim_for(&self, boot: BootId, now: Timestamp, limit: u32) -> Vec<Claim> {
        let request = ClaimRequest {
            boot_id: boot,
            node: "node".into(),
            now,
            limit,
            by_age: 0,
        };
        self.store.claim_due(&request).await.unwrap().claims
    }

    pub(super) async fn claim(&self, now: Timestamp) -> Vec<Claim> {
        self.claim_for(BOOT, now, ALL).await
    }

    /// Claims the one run that is due.
    pub(super) async fn claim_one(&self, now: Timestamp) -> Claim {
        let mut claims = self.claim(now).await;
        assert_eq!(claims.len(), 1, "one run is due, not {claims:?}");
        claims.remove(0)
    }

    /// Ends an attempt at `now`.
    pub async fn end(&self, claim: &Claim, status: AttemptStatus, now: Timestamp) -> FinishReply {
        self.finish(&[outcome(claim, status, now)], now).await[0]
    }

    pub(super) async fn finish(&self, outcomes: &[Outcome], now: Timestamp) -> Vec<FinishReply> {
        self.store.finish(outcomes, now).await.unwrap()
    }

    /// Pauses a job.
    pub async fn pause(&self, id: JobId, until: Option<Timestamp>, now: Timestamp) -> Job {
        let request = PauseRequest {
            until,
            note: Some("why".into()),
            by: "ops".into(),
            now,
        };
        self.store.pause_job(id, request).await.unwrap().unwrap()
    }

    /// Lifts a pause.
    pub async fn resume(&self, id: JobId, now: Timestamp) -> Job {
        self.store.resume_job(id, "ops", now).await.unwrap().unwrap()
    }

    pub(super) async fn trigger(&self, job: JobId, now: Timestamp) -> Run {
        self.store.trigger(trigger(job, now)).await.unwrap().unwrap().run
    }

    pub(super) async fn run(&self, id: RunId) -> Run {
        self.store.run(id).await.unwrap().unwrap()
    }

    /// The runs of a job, oldest first.
    pub async fn runs(&self, job: JobId) -> Vec<Run> {
        let filter = RunFilter {
            job_id: Some(job),
            ..RunFilter::default()
        };
        let mut runs = self.store.runs(&filter, None, ALL).await.unwrap().items;
        runs.sort_by_key(|run| run.id);
        runs
    }

    /// The rows of a job's log, oldest first.
    pub async fn log(&self, job: JobId) -> Vec<Attempt> {
        let filter = AttemptFilter {
            job_id: Some(job),
            ..AttemptFilter::default()
        };
        let mut rows = self.store.attempts(&filter, None, ALL).await.unwrap().items;
        rows.reverse();
        rows
    }

    /// The fires that run, in the order of their runs, as seconds after the begin.
    pub(super) async fn ran(&self, job: JobId) -> Vec<i64> {
        self.runs(job)
            .await
            .iter()
            .map(|run| secs(run.scheduled_at))
            .collect()
    }

    /// The skipped rows: first fire, last fire, how many, why.
    pub(super) async fn skipped(&self, job: JobId) -> Vec<(i64, i64, u32, &'static str)> {
        let rows = self.log(job).await;
        rows.iter()
            .filter(|row| row.status == AttemptStatus::Skipped)
            .map(|row| {
                assert_eq!(row.execute_index, 0);
                let last = row.scheduled_until.unwrap_or(row.scheduled_at);
                let reason = row
                    .reason
                    .map_or("none", wasmtab_domain::status::SkipReason::as_str);
                (
                    secs(row.scheduled_at),
                    secs(last),
                    row.fire_count.unwrap_or(1),
                    reason,
                )
            })
            .collect()
    }
}

/// Seconds after the begin.
pub(super) fn secs(at: Timestamp) -> i64 {
    at.as_micros() / 1_000_000 - BEGIN
}

/// The outcome of a claim that ended at `now`.
pub(super) fn outcome(claim: &Claim, status: AttemptStatus, now: Timestamp) -> Outcome {
    Outcome {
        begin_time: Some(now),
        duration: Some(0),
        result: (status == AttemptStatus::Success).then(|| "done".into()),
        error: (status != AttemptStatus::Success).then(|| "wrong".into()),
        ..Outcome::bare(claim.attempt_id, claim.run_id, status, now)
    }
}

pub(super) fn trigger(job_id: JobId, now: Timestamp) -> NewTrigger {
    NewTrigger {
        job_id,
        handler_param: None,
        overlap: None,
        by: "ops".into(),
        now,
    }
}

pub(super) fn policy(retry_count: u32) -> RunPolicy {
    RunPolicy {
        retry: RetryPolicy {
            retry_count,
            ..RetryPolicy::default()
        },
        monitor_timeout: Interval::from_secs(30),
        fuel: None,
        memory_limit: limits::DEFAULT_MEMORY,
        priority: 0,
        warn_after: None,
        retry_version: RetryVersion::Current,
        on_success: Vec::new(),
        on_failure: Vec::new(),
    }
}

pub(super) const fn active(state: RunState) -> RunStatus {
    RunStatus::Active(state)
}

pub(super) const fn ended(status: AttemptStatus) -> RunStatus {
    RunStatus::Ended(status)
}

/// The attempt of no run.
pub(super) const NOBODY: AttemptId = AttemptId(1);
