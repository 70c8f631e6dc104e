//! A job: what it says, how it is read, and what has been planned of it.

mod blackout;
mod history;
mod read;
mod said;
mod schedule;
mod upcoming;
mod value;

use std::sync::Arc;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use wasmtab_cron::Dialect;

pub use self::{
    blackout::{Blackout, Calendars, Window, read_windows},
    history::{PausePeriod, Revision, in_force},
    read::{FIELDS, ReadContext},
    schedule::Schedule,
    upcoming::{LeftOut, Upcoming},
    value::{bytes_text, parse_bytes},
};
use crate::{
    ids::JobId,
    interval::Interval,
    limits,
    policy::{JobStatus, Misfire, Overlap, RetryPolicy, RetryVersion},
    time::Timestamp,
};

/// Everything a job says: one revision of it. Only [`JobSpec::read`] makes one, so it is valid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobSpec {
    /// Unique among jobs.
    pub name: String,
    /// Whether fires are planned.
    pub status: JobStatus,
    /// Who answers.
    pub handler_name: String,
    /// What the handler is given; text, JSON by custom.
    pub handler_param: Option<String>,
    /// The schedule as a cron expression; exactly one of this and `every` is there.
    pub cron_expression: Option<String>,
    /// How the expression is read; there exactly with it.
    #[serde(with = "dialect")]
    pub cron_dialect: Option<Dialect>,
    /// The schedule as a fixed grid.
    pub every: Option<Interval>,
    /// The zone whose wall clock the schedule follows.
    #[serde(with = "zone")]
    pub timezone: Tz,
    /// No fire before it; the anchor of the grid.
    pub start_at: Option<Timestamp>,
    /// No fire after it.
    pub end_at: Option<Timestamp>,
    /// When and how often a run is tried again.
    #[serde(flatten)]
    pub retry: RetryPolicy,
    /// The longest one attempt may take, from instantiation to return.
    pub monitor_timeout: Interval,
    /// The most fuel one attempt may burn; none only records it.
    pub fuel: Option<u64>,
    /// The most bytes of linear memory one attempt may have.
    pub memory_limit: u64,
    /// What becomes of a fire while a run is active.
    pub overlap: Overlap,
    /// What becomes of missed fires.
    pub misfire: Misfire,
    /// How old a missed fire may be that `misfire: all` still runs.
    pub catch_up_window: Interval,
    /// The longest by which a fire is put off, by an amount of its own.
    pub jitter: Interval,
    /// Which runs come first where not all can: the higher.
    pub priority: i32,
    /// Fires that run at most; then the job has done its work.
    pub max_runs: Option<u64>,
    /// When it must not fire.
    pub blackouts: Vec<Blackout>,
    /// Runs that one fire makes, each told its index.
    pub shards: u32,
    /// How long an attempt may take before somebody is told; it goes on.
    pub warn_after: Option<Interval>,
    /// Which plugin version a retry runs.
    pub retry_version: RetryVersion,
    /// Jobs that start when a run has succeeded.
    pub on_success: Vec<String>,
    /// Jobs that start when a run has failed for good.
    pub on_failure: Vec<String>,
    /// Words by which jobs are chosen together.
    pub labels: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to do when it fails: a text or a link.
    pub runbook: Option<String>,
}

impl JobSpec {
    /// A job as it is when only the necessary was said. It has no schedule yet, so it is the base of a reading, not a job.
    fn blank(timezone: Tz) -> Self {
        Self {
            name: String::new(),
            status: JobStatus::Normal,
            handler_name: String::new(),
            handler_param: None,
            cron_expression: None,
            cron_dialect: None,
            every: None,
            timezone,
            start_at: None,
            end_at: None,
            retry: RetryPolicy::default(),
            monitor_timeout: Interval::from_secs(1_800),
            fuel: None,
            memory_limit: limits::DEFAULT_MEMORY,
            overlap: Overlap::Skip,
            misfire: Misfire::Latest,
            catch_up_window: Interval::from_secs(3_600),
            jitter: Interval::from_secs(0),
            priority: 0,
            max_runs: None,
            blackouts: Vec::new(),
            shards: 1,
            warn_after: None,
            retry_version: RetryVersion::Current,
            on_success: Vec::new(),
            on_failure: Vec::new(),
            labels: Vec::new(),
            owner: None,
            runbook: None,
        }
    }

    /// The schedule, with the grid anchored at `startAt`, else at `created_at`.
    pub fn schedule(&self, created_at: Timestamp) -> Schedule {
        Schedule::of(self, created_at)
    }

    /// Whether the fires of `self` and `other` are the same, as far as the specification decides it.
    pub fn same_fires(&self, other: &Self) -> bool {
        self.status == other.status
            && self.cron_expression == other.cron_expression
            && self.cron_dialect == other.cron_dialect
            && self.every == other.every
            && self.timezone == other.timezone
            && self.start_at == other.start_at
            && self.end_at == other.end_at
            && self.max_runs == other.max_runs
    }
}

/// A pause lies over a job's declared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    /// Since when.
    pub paused_at: Timestamp,
    /// When it lifts itself; none: when a person resumes the job.
    pub until: Option<Timestamp>,
    /// Who paused.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

/// How far a job's fires have been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Progress {
    /// The first fire that is not decided; none when there will be none.
    pub next_fire_at: Option<Timestamp>,
    /// When the planner has to look at the job next.
    pub plan_at: Option<Timestamp>,
    /// The newest instant that was ever decided.
    pub decided_until: Option<Timestamp>,
    /// Fires that ran, or will: what `maxRuns` counts.
    pub released: u64,
}

/// A row of `infra_job`.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it says now: shared with whoever remembers the revision.
    pub spec: Arc<JobSpec>,
    /// Counts what it said, from 1.
    pub revision: i64,
    /// Which collection of documents made it; none: nobody's.
    pub source: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The pause that lies over it.
    pub pause: Option<Pause>,
    /// How far its fires are decided.
    pub progress: Progress,
}

impl Job {
    /// The schedule of the present revision.
    pub fn schedule(&self) -> Schedule {
        self.spec.schedule(self.created_at)
    }
}

mod zone {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` passes a reference"
    )]
    pub(super) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

mod dialect {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use wasmtab_cron::Dialect;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        clippy::ref_option,
        reason = "serde's `with` passes a reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        dialect: &Option<Dialect>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match dialect {
            Some(dialect) => serializer.collect_str(dialect),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Dialect>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|word| word.parse().map_err(D::Error::custom))
            .transpose()
    }
}
