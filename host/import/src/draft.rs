//! A job as the jobs file says it: every policy is there, whether or not it is the default.

use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use wasmtab_cron::Dialect;
use wasmtab_domain::{
    interval::Interval,
    policy::{JobStatus, Misfire, Overlap, RETRYABLE},
    status::AttemptStatus,
};

/// A job to be reviewed; the fields are the contract's, in the order in which people read them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobDraft {
    /// Unique among the drafts.
    pub name: String,
    /// Always stopped: a person starts what has been reviewed.
    pub status: JobStatus,
    /// Who shall answer.
    pub handler_name: String,
    /// What it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_param: Option<String>,
    /// The schedule as an expression; this or `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron_expression: Option<String>,
    /// How the expression is read.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "dialect")]
    pub cron_dialect: Option<Dialect>,
    /// The schedule as a fixed grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Interval>,
    /// A fire of the grid, as RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at: Option<String>,
    /// Whose wall clock the schedule follows.
    #[serde(serialize_with = "zone")]
    pub timezone: Tz,
    /// Retries beyond the first attempt.
    pub retry_count: u32,
    /// The wait before each.
    pub retry_interval: Interval,
    /// How the waits grow.
    pub retry_backoff: &'static str,
    /// What is tried again.
    pub retry_on: Vec<AttemptStatus>,
    /// Which version a retry runs.
    pub retry_version: &'static str,
    /// The longest an attempt may take.
    pub monitor_timeout: Interval,
    /// When somebody is told that it takes long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn_after: Option<Interval>,
    /// What becomes of a fire while a run is active.
    pub overlap: Overlap,
    /// What becomes of missed fires.
    pub misfire: Misfire,
    /// How old a missed fire may be.
    pub catch_up_window: Interval,
    /// The longest by which a fire is put off.
    pub jitter: Interval,
    /// Which runs come first.
    pub priority: i32,
    /// Runs that one fire makes.
    pub shards: u32,
    /// Jobs that start when a run has succeeded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_success: Vec<String>,
    /// Words by which jobs are chosen together.
    pub labels: Vec<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl JobDraft {
    /// A stopped job that never fires, with the policies of systems that have none of their own.
    pub(crate) fn new(name: String, handler_name: String, timezone: Tz, monitor_timeout: Interval) -> Self {
        Self {
            name,
            status: JobStatus::Stopped,
            handler_name,
            handler_param: None,
            cron_expression: None,
            cron_dialect: None,
            every: None,
            start_at: None,
            timezone,
            retry_count: 0,
            retry_interval: Interval::from_secs(0),
            retry_backoff: "fixed",
            // Their retries follow any failure of the job itself.
            retry_on: RETRYABLE[..4].to_vec(),
            retry_version: "current",
            monitor_timeout,
            warn_after: None,
            overlap: Overlap::Skip,
            misfire: Misfire::Skip,
            catch_up_window: Interval::from_secs(3_600),
            jitter: Interval::from_secs(0),
            priority: 0,
            shards: 1,
            on_success: Vec::new(),
            labels: Vec::new(),
            owner: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn zone<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "serde passes a reference"
)]
fn dialect<S: Serializer>(dialect: &Option<Dialect>, serializer: S) -> Result<S::Ok, S::Error> {
    match dialect {
        Some(dialect) => serializer.collect_str(dialect),
        None => serializer.serialize_none(),
    }
}
