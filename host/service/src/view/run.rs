use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::run::Run;

use super::AttemptView;

/// A run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Its number, also the handler's idempotency key.
    #[schema(example = "352187318272000001")]
    pub id: String,
    /// Its job; null for a call.
    pub job_id: Option<i64>,
    /// The job's name when the run was made.
    pub job_name: Option<String>,
    /// The job's revision whose parameters and policies it has.
    pub revision: Option<i64>,
    /// Who answers.
    pub handler_name: String,
    /// What the handler is given.
    pub handler_param: Option<String>,
    /// Why it exists: `cron`, `manual`, `call`, ….
    pub trigger: String,
    /// Who asked for it; null for the schedule.
    pub requested_by: Option<String>,
    /// The ended run that it repeats.
    pub retry_of: Option<String>,
    /// The run whose end started it.
    pub upstream_run: Option<String>,
    /// Which part of its fire it is, from 0.
    pub shard_index: u32,
    /// Into how many parts its fire was cut.
    pub shard_count: u32,
    /// The planned instant, in the job's zone.
    #[schema(format = DateTime)]
    pub scheduled_at: String,
    /// `scheduled`, `queued`, `running`, `waitingRetry`; once it has ended, its last attempt's status.
    pub status: String,
    /// Why it may not be claimed yet though it is due: `turn`, `paused`, `handler` or `capacity`.
    pub held: Option<String>,
    /// When its next attempt is due; null once it has ended.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Attempts so far.
    pub execute_index: u32,
    /// When the newest attempt began.
    #[schema(format = DateTime)]
    pub begin_time: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub end_time: Option<String>,
    /// What the last attempt returned.
    pub result: Option<String>,
    /// Why the newest attempt did not succeed.
    pub error: Option<String>,
    /// Its work goes on elsewhere, until then at the longest; null where it does not.
    #[schema(format = DateTime)]
    pub pending_until: Option<String>,
    /// When the newest attempt had gone on for as long as the job's `warnAfter`.
    #[schema(format = DateTime)]
    pub warned_at: Option<String>,
    /// Who asked for its end.
    pub cancel_requested_by: Option<String>,
    /// Its attempts, oldest first; only where one run was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<AttemptView>>,
}

impl RunView {
    pub(crate) fn new(run: &Run, zone: Tz) -> Self {
        Self {
            id: run.id.to_string(),
            job_id: run.job_id.map(|id| id.0),
            job_name: run.job_name.clone(),
            revision: run.revision,
            handler_name: run.handler_name.clone(),
            handler_param: run.handler_param.clone(),
            trigger: run.trigger.to_string(),
            requested_by: run.requested_by.clone(),
            retry_of: run.retry_of.map(|id| id.to_string()),
            upstream_run: run.upstream_run.map(|id| id.to_string()),
            shard_index: run.shard.index,
            shard_count: run.shard.count,
            scheduled_at: run.scheduled_at.in_zone(zone),
            status: run.status.to_string(),
            held: run.held.map(|hold| hold.to_string()),
            due_at: run.due_at.map(|at| at.in_zone(zone)),
            execute_index: run.attempts,
            begin_time: run.begin_time.map(|at| at.in_zone(zone)),
            end_time: run.end_time.map(|at| at.in_zone(zone)),
            result: run.result.clone(),
            error: run.error.clone(),
            pending_until: run.pending_until.map(|at| at.in_zone(zone)),
            warned_at: run.warned_at.map(|at| at.in_zone(zone)),
            cancel_requested_by: run.cancel_requested_by.clone(),
            attempts: None,
        }
    }
}
