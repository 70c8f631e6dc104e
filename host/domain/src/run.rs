//! Runs and attempts as they are written down.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use crate::{
    ids::{AttemptId, BootId, JobId, RunId},
    interval::Interval,
    policy::{RetryPolicy, RetryVersion},
    status::{AttemptStatus, RunState, SkipReason, Trigger},
    time::Timestamp,
};

/// How one attempt is bounded and its run retried: the part of a job that is fixed when a run is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunPolicy {
    /// When and how often it is tried again.
    #[serde(flatten)]
    pub retry: RetryPolicy,
    /// The longest one attempt may take.
    pub monitor_timeout: Interval,
    /// The most fuel one attempt may burn.
    pub fuel: Option<u64>,
    /// The most bytes of linear memory one attempt may have.
    pub memory_limit: u64,
    /// Which runs come first where not all can: the higher.
    pub priority: i32,
    /// How long an attempt may take before somebody is told.
    pub warn_after: Option<Interval>,
    /// Which plugin version a retry runs.
    pub retry_version: RetryVersion,
    /// Jobs that start when the run has succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_success: Vec<String>,
    /// Jobs that start when it has failed for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<String>,
}

impl RunPolicy {
    /// What an attempt runs on: `current` is what its handler's name is bound to now, `first` what the run began on.
    pub fn binding(&self, current: Option<&Arc<Binding>>, first: Option<Binding>) -> Option<Arc<Binding>> {
        match (self.retry_version, first) {
            // Grants are the present ones also where the version is not.
            (RetryVersion::Same, Some(first)) => Some(Arc::new(Binding {
                handler_revision: current?.handler_revision,
                ..first
            })),
            _ => current.cloned(),
        }
    }
}

impl From<&crate::job::JobSpec> for RunPolicy {
    fn from(spec: &crate::job::JobSpec) -> Self {
        Self {
            retry: spec.retry.clone(),
            monitor_timeout: spec.monitor_timeout,
            fuel: spec.fuel,
            memory_limit: spec.memory_limit,
            priority: spec.priority,
            warn_after: spec.warn_after,
            retry_version: spec.retry_version,
            on_success: spec.on_success.clone(),
            on_failure: spec.on_failure.clone(),
        }
    }
}

/// Where a run is, whether it has ended or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// It goes on.
    Active(RunState),
    /// It bears its last attempt's status.
    Ended(AttemptStatus),
}

impl RunStatus {
    /// The contract's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active(state) => state.as_str(),
            Self::Ended(status) => status.as_str(),
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for RunStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A run, active or ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The idempotency key.
    pub id: RunId,
    /// Its job; none for a call.
    pub job_id: Option<JobId>,
    /// The job's name when the run was made.
    pub job_name: Option<String>,
    /// The job's revision whose parameters and policies it has.
    pub revision: Option<i64>,
    /// Who answers.
    pub handler_name: String,
    /// What the handler is given.
    pub handler_param: Option<String>,
    /// Why it exists.
    pub trigger: Trigger,
    /// Who asked for it; none for the schedule.
    pub requested_by: Option<String>,
    /// The ended run that it repeats on request.
    pub retry_of: Option<RunId>,
    /// The run whose end started it.
    pub upstream_run: Option<RunId>,
    /// Which part of its fire it is.
    pub shard: Shard,
    /// The planned instant.
    pub scheduled_at: Timestamp,
    /// Where it is.
    pub status: RunStatus,
    /// When its next attempt may be claimed; none once it has ended.
    pub due_at: Option<Timestamp>,
    /// Whether it waits for earlier runs of its job to end, or for the job to be resumed.
    pub held: Option<Hold>,
    /// Attempts so far.
    pub attempts: u32,
    /// The newest attempt.
    pub attempt_id: Option<AttemptId>,
    /// Who asked for its end.
    pub cancel_requested_by: Option<String>,
    /// When the newest attempt began.
    pub begin_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// What the last attempt returned.
    pub result: Option<String>,
    /// Why the newest attempt did not succeed.
    pub error: Option<String>,
    /// When the newest attempt had gone on for as long as the job's `warnAfter`.
    pub warned_at: Option<Timestamp>,
    /// Until when its work may go on elsewhere; there exactly where it does.
    pub pending_until: Option<Timestamp>,
}

/// Which part of a fire a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// 1 unless the job is sharded.
    pub count: u32,
}

impl Shard {
    /// The one part of a fire that is whole.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
}

/// What a chain hands on: the run whose end started another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upstream {
    /// Its id; of shards the first.
    pub run_id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// The job's name.
    pub job_name: String,
    /// How it ended.
    pub status: AttemptStatus,
    /// What it returned; of shards the list of what each returned, as JSON.
    pub result: Option<String>,
}

crate::status::words! {
    /// Why a run that is due may not be claimed yet.
    Hold {
        /// Earlier runs of the job come first.
        Turn = "turn",
        /// The job is paused, and this is a retry.
        Paused = "paused",
        /// An administrator holds its handler.
        Handler = "handler",
        /// As many attempts of its handler go on as may.
        Capacity = "capacity",
    }
}

/// What an attempt ran on: the version that its handler's name was bound to when it was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The plugin's name.
    pub plugin: String,
    /// Which of its versions.
    pub version: i64,
    /// The component's SHA-256, in lower-case hex.
    pub digest: String,
    /// Which revision of the handler's grants held.
    pub handler_revision: i64,
}

/// A claimed attempt: all that is needed to carry it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The attempt, and the token with which its outcome is written.
    pub attempt_id: AttemptId,
    /// Its run.
    pub run_id: RunId,
    /// Counts the run's attempts from 1.
    pub execute_index: u32,
    /// The job; none for a call.
    pub job_id: Option<JobId>,
    /// Its name.
    pub job_name: Option<String>,
    /// The zone in which the handler is told its instant.
    pub timezone: chrono_tz::Tz,
    /// Who answers.
    pub handler_name: String,
    /// What the handler is given.
    pub handler_param: String,
    /// Why the run exists.
    pub trigger: Trigger,
    /// The planned instant.
    pub scheduled_at: Timestamp,
    /// When the attempt could have been claimed at the earliest.
    pub due_at: Timestamp,
    /// How it is bounded.
    pub policy: Arc<RunPolicy>,
    /// What answers; none when nothing is bound to the name.
    pub binding: Option<Arc<Binding>>,
    /// Which part of its fire it is.
    pub shard: Shard,
    /// What a chain handed on.
    pub upstream: Option<Upstream>,
}

/// A line that a guest wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// `trace`, `debug`, `info`, `warn`, `error` or `critical`.
    pub level: LogLevel,
    /// A topic of the handler's choosing, or the stream it came from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The text, without its line end.
    pub message: String,
}

impl LogLine {
    fn size(&self) -> usize {
        size_of::<Self>() + self.target.len() + self.message.len()
    }
}

crate::status::words! {
    /// How much a line matters.
    LogLevel {
        /// Every step.
        Trace = "trace",
        /// For whoever looks for a fault.
        Debug = "debug",
        /// What happened.
        Info = "info",
        /// Odd, and survived.
        Warn = "warn",
        /// Something failed.
        Error = "error",
        /// Nothing goes on.
        Critical = "critical",
    }
}

/// A call that the host refused because no grant allows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// What the guest wanted, for people.
    pub wanted: String,
    /// The grant that would have allowed it, as `handler grant` takes it.
    pub grant: String,
    /// How often.
    pub count: u32,
}

/// The lines of one attempt, and how many its limits cut out of the middle.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptLog {
    /// What was kept, oldest first.
    pub lines: Vec<LogLine>,
    /// Lines that were cut.
    pub cut_lines: u64,
    /// Bytes that were cut.
    pub cut_bytes: u64,
    /// How many of the kept lines come before the cut.
    pub cut_after: usize,
}

/// How an attempt ended, as its node reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The attempt: the fencing token.
    pub attempt_id: AttemptId,
    /// Its run.
    pub run_id: RunId,
    /// How it ended; `running` where its work goes on elsewhere, until `pending_until`.
    pub status: AttemptStatus,
    /// Until when the work may go on elsewhere; there exactly where it does.
    pub pending_until: Option<Timestamp>,
    /// Whether another try would fail alike.
    pub permanent: bool,
    /// When the guest began; none when it never did.
    pub begin_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Timestamp,
    /// Milliseconds from the begin to the end, by the monotonic clock.
    pub duration: Option<u64>,
    /// What it returned.
    pub result: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The guest's stack at a trap.
    pub backtrace: Option<String>,
    /// Fuel burnt.
    pub fuel_used: Option<u64>,
    /// The most bytes of linear memory at once.
    pub peak_memory: Option<u64>,
    /// Calls that were refused.
    pub refusals: Vec<Refusal>,
    /// What it wrote.
    pub log: AttemptLog,
}

impl Outcome {
    /// Roughly the bytes of what the handler said: everything that it makes long.
    pub fn size(&self) -> usize {
        let texts = [&self.result, &self.error, &self.backtrace];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let refusals = self.refusals.iter();
        let refusals: usize = refusals
            .map(|refusal| refusal.wanted.len() + refusal.grant.len())
            .sum();
        let lines: usize = self.log.lines.iter().map(LogLine::size).sum();
        texts + refusals + lines
    }

    /// An outcome of which nothing is known but how and when it came.
    pub fn bare(attempt_id: AttemptId, run_id: RunId, status: AttemptStatus, end_time: Timestamp) -> Self {
        Self {
            attempt_id,
            run_id,
            status,
            pending_until: None,
            permanent: false,
            begin_time: None,
            end_time,
            duration: None,
            result: None,
            error: None,
            backtrace: None,
            fuel_used: None,
            peak_memory: None,
            refusals: Vec::new(),
            log: AttemptLog::default(),
        }
    }
}

/// A row of `infra_job_log`: one attempt, or fires that were decided not to run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its number.
    pub id: AttemptId,
    /// Its run; none for skipped fires.
    pub run_id: Option<RunId>,
    /// The job; none for a call.
    pub job_id: Option<JobId>,
    /// The job's name at the time.
    pub job_name: Option<String>,
    /// The job's revision at the time.
    pub revision: Option<i64>,
    /// Who answered.
    pub handler_name: String,
    /// What the handler was given.
    pub handler_param: Option<String>,
    /// From 1; 0 where nothing ran.
    pub execute_index: u32,
    /// How it stands or ended.
    pub status: AttemptStatus,
    /// Why it was skipped.
    pub reason: Option<SkipReason>,
    /// The run that was in the way.
    pub blocked_by: Option<RunId>,
    /// Why the run exists.
    pub trigger: Trigger,
    /// Who asked.
    pub requested_by: Option<String>,
    /// The run whose end started this one.
    pub upstream_run: Option<RunId>,
    /// Which part of its fire the run is.
    #[serde(skip)]
    pub shard: Shard,
    /// The planned instant; of skipped fires the first.
    pub scheduled_at: Timestamp,
    /// The last of the skipped fires that the row covers.
    pub scheduled_until: Option<Timestamp>,
    /// How many skipped fires it covers.
    pub fire_count: Option<u32>,
    /// When it could have been claimed at the earliest.
    pub due_at: Option<Timestamp>,
    /// When it was claimed.
    pub claimed_at: Option<Timestamp>,
    /// When the guest began.
    pub begin_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// Milliseconds from begin to end.
    pub duration: Option<u64>,
    /// What it returned.
    pub result: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The guest's stack at a trap.
    pub backtrace: Option<String>,
    /// Calls that were refused.
    pub refusals: Vec<Refusal>,
    /// The plugin that answered.
    pub plugin: Option<String>,
    /// Its version.
    pub plugin_version: Option<i64>,
    /// The component's SHA-256.
    pub digest: Option<String>,
    /// The node that ran it.
    pub node: Option<String>,
    /// The start of that node's process.
    pub boot_id: Option<BootId>,
    /// Fuel burnt.
    pub fuel_used: Option<u64>,
    /// The most bytes of linear memory at once.
    pub peak_memory: Option<u64>,
    /// Lines that were kept.
    pub log_lines: u64,
    /// Lines that the limits cut.
    pub log_cut_lines: u64,
    /// When the retry after it is due.
    pub retry_at: Option<Timestamp>,
    /// Whether it is the one that decided its run.
    pub last: bool,
    /// When it had gone on for as long as the job's `warnAfter`.
    pub warned_at: Option<Timestamp>,
}
