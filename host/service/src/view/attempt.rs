use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::run::{Attempt, Refusal};

/// One attempt at a run, or fires that were decided not to run: a row of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// Its number.
    pub id: String,
    /// Its run; null for skipped fires.
    pub run_id: Option<String>,
    /// The job; null for a call.
    pub job_id: Option<i64>,
    /// The job's name at the time.
    pub job_name: Option<String>,
    /// The job's revision at the time.
    pub revision: Option<i64>,
    /// Who answered.
    pub handler_name: String,
    /// What the handler was given.
    pub handler_param: Option<String>,
    /// Counts the run's attempts from 1; 0 where nothing ran.
    pub execute_index: u32,
    /// How it stands or ended: `claimed`, `running`, `success`, `failure`, `trap`, `timeout`, ….
    pub status: String,
    /// Why fires were skipped: `overlap`, `misfire`, `paused`, `blackout`, `noJob`, `chainDepth`.
    pub reason: Option<String>,
    /// The run that was in the way.
    pub blocked_by: Option<String>,
    /// Why the run exists.
    pub trigger: String,
    /// Who asked; null for the schedule.
    pub requested_by: Option<String>,
    /// The run whose end started this one.
    pub upstream_run: Option<String>,
    /// Which part of its fire the run is, from 0.
    pub shard_index: u32,
    /// Into how many parts its fire was cut.
    pub shard_count: u32,
    /// The planned instant; of skipped fires the first.
    #[schema(format = DateTime)]
    pub scheduled_at: String,
    /// The last of the skipped fires that the row covers.
    #[schema(format = DateTime)]
    pub scheduled_until: Option<String>,
    /// How many skipped fires it covers.
    pub fire_count: Option<u32>,
    /// When it could have been claimed at the earliest.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// When it was claimed.
    #[schema(format = DateTime)]
    pub claimed_at: Option<String>,
    /// When the guest began.
    #[schema(format = DateTime)]
    pub begin_time: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub end_time: Option<String>,
    /// Milliseconds from begin to end.
    pub duration: Option<u64>,
    /// What it returned.
    pub result: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The guest's stack at a trap, with function names.
    pub backtrace: Option<String>,
    /// Calls that were refused for want of a grant.
    pub refusals: Vec<RefusalView>,
    /// The plugin that answered.
    pub plugin: Option<String>,
    /// Its version.
    pub plugin_version: Option<i64>,
    /// The component's SHA-256.
    pub digest: Option<String>,
    /// The node that ran it.
    pub node: Option<String>,
    /// The start of that node's process.
    pub boot_id: Option<String>,
    /// Fuel burnt.
    pub fuel_used: Option<u64>,
    /// The most bytes of linear memory at once.
    pub peak_memory: Option<u64>,
    /// When it had gone on for as long as the job's `warnAfter`.
    #[schema(format = DateTime)]
    pub warned_at: Option<String>,
    /// Lines of its log that were kept.
    pub log_lines: u64,
    /// Lines that the limits cut.
    pub log_cut_lines: u64,
    /// When the retry after it is due.
    #[schema(format = DateTime)]
    pub retry_at: Option<String>,
    /// Whether it is the one that decided its run.
    pub last: bool,
}

/// A call that was refused for want of a grant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefusalView {
    /// What the guest wanted.
    pub wanted: String,
    /// The grant that would have allowed it, as `handler grant` takes it.
    pub grant: String,
    /// How often.
    pub count: u32,
}

impl From<&Refusal> for RefusalView {
    fn from(refusal: &Refusal) -> Self {
        Self {
            wanted: refusal.wanted.clone(),
            grant: refusal.grant.clone(),
            count: refusal.count,
        }
    }
}

impl AttemptView {
    pub(crate) fn new(attempt: &Attempt, zone: Tz) -> Self {
        let at =
            |instant: Option<wasmtab_domain::time::Timestamp>| instant.map(|instant| instant.in_zone(zone));
        Self {
            id: attempt.id.to_string(),
            run_id: attempt.run_id.map(|id| id.to_string()),
            job_id: attempt.job_id.map(|id| id.0),
            job_name: attempt.job_name.clone(),
            revision: attempt.revision,
            handler_name: attempt.handler_name.clone(),
            handler_param: attempt.handler_param.clone(),
            execute_index: attempt.execute_index,
            status: attempt.status.to_string(),
            reason: attempt.reason.map(|reason| reason.to_string()),
            blocked_by: attempt.blocked_by.map(|id| id.to_string()),
            trigger: attempt.trigger.to_string(),
            requested_by: attempt.requested_by.clone(),
            upstream_run: attempt.upstream_run.map(|id| id.to_string()),
            shard_index: attempt.shard.index,
            shard_count: attempt.shard.count,
            scheduled_at: attempt.scheduled_at.in_zone(zone),
            scheduled_until: at(attempt.scheduled_until),
            fire_count: attempt.fire_count,
            due_at: at(attempt.due_at),
            claimed_at: at(attempt.claimed_at),
            begin_time: at(attempt.begin_time),
            end_time: at(attempt.end_time),
            duration: attempt.duration,
            result: attempt.result.clone(),
            error: attempt.error.clone(),
            backtrace: attempt.backtrace.clone(),
            refusals: attempt.refusals.iter().map(RefusalView::from).collect(),
            plugin: attempt.plugin.clone(),
            plugin_version: attempt.plugin_version,
            digest: attempt.digest.clone(),
            node: attempt.node.clone(),
            boot_id: attempt.boot_id.map(|id| id.to_string()),
            fuel_used: attempt.fuel_used,
            peak_memory: attempt.peak_memory,
            warned_at: attempt.warned_at.map(|at| at.in_zone(zone)),
            log_lines: attempt.log_lines,
            log_cut_lines: attempt.log_cut_lines,
            retry_at: at(attempt.retry_at),
            last: attempt.last,
        }
    }
}
