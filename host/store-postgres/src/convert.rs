//! Between rows and the domain's types. A row that does not read is a damaged database, never a panic.

use std::{borrow::Cow, fmt::Display, str::FromStr, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    interval::Interval,
    job::{Job, JobSpec, Pause, Progress},
    policy::RetryPolicy,
    run::{Attempt, Run, RunStatus, Shard},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use crate::decode_error;

type Decoded<T> = Result<T, sqlx::Error>;

pub(crate) fn word<T: FromStr<Err: Display>>(column: &str, text: &str) -> Decoded<T> {
    text.parse().map_err(|cause| decode_error(column, cause))
}

pub(crate) fn json<T: DeserializeOwned>(column: &str, text: &str) -> Decoded<T> {
    serde_json::from_str(text).map_err(|cause| decode_error(column, cause))
}

/// JSON of a value whose serialisation cannot fail: no map in it has keys that are not texts.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Decoded<String> {
    serde_json::to_string(value).map_err(|cause| sqlx::Error::Encode(cause.into()))
}

pub(crate) fn instant(at: DateTime<Utc>) -> Timestamp {
    at.into()
}

/// PostgreSQL's texts hold every character but NUL, which a handler may well return: it reads as the replacement character.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for a text that may not be there.
pub(crate) fn plain_option(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(plain)
}

/// Counts are never negative; were one, it would read as 0.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A number for PostgreSQL, whose integers end at 2^63.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn shard(index: i64, count: i64) -> Shard {
    Shard {
        index: small(index),
        count: small(count),
    }
}

/// All of `infra_job`, column by column.
pub(crate) struct JobRow {
    pub id: i64,
    pub name: String,
    pub status: String,
    pub handler_name: String,
    pub handler_param: Option<String>,
    pub cron_expression: Option<String>,
    pub cron_dialect: Option<String>,
    pub every: Option<i64>,
    pub timezone: String,
    pub start_at: Option<DateTime<Utc>>,
    pub end_at: Option<DateTime<Utc>>,
    pub retry_count: i64,
    pub retry_interval: i64,
    pub retry_backoff: String,
    pub retry_on: String,
    pub monitor_timeout: i64,
    pub fuel: Option<i64>,
    pub memory_limit: i64,
    pub overlap: String,
    pub misfire: String,
    pub catch_up_window: i64,
    pub jitter: i64,
    pub priority: i64,
    pub max_runs: Option<i64>,
    pub blackouts: String,
    pub shards: i64,
    pub warn_after: Option<i64>,
    pub retry_version: String,
    pub on_success: String,
    pub on_failure: String,
    pub labels: String,
    pub owner: Option<String>,
    pub runbook: Option<String>,
    pub revision: i64,
    pub source: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub paused_at: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
    pub paused_by: Option<String>,
    pub paused_note: Option<String>,
    pub next_fire_at: Option<DateTime<Utc>>,
    pub plan_at: Option<DateTime<Utc>>,
    pub decided_until: Option<DateTime<Utc>>,
    pub released: i64,
}

/// A checked query for whole jobs; what follows `FROM infra_job` is the first argument.
macro_rules! select_jobs {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::convert::JobRow,
            r#"SELECT id AS "id!", name, status, handler_name, handler_param, cron_expression, cron_dialect, every,
                timezone, start_at, end_at, retry_count, retry_interval, retry_backoff, retry_on, monitor_timeout,
                fuel, memory_limit, overlap, misfire, catch_up_window, jitter, priority, max_runs, blackouts, shards,
                warn_after, retry_version, on_success, on_failure, labels, owner, runbook, revision, source, created_at,
                updated_at, paused_at, paused_until, paused_by, paused_note, next_fire_at, plan_at, decided_until,
                released
            FROM infra_job "# + $rest
            $(, $argument)*
        )
    };
}
pub(crate) use select_jobs;

impl TryFrom<JobRow> for Job {
    type Error = sqlx::Error;

    fn try_from(row: JobRow) -> Decoded<Self> {
        let pause = row.paused_at.map(|paused_at| Pause {
            paused_at: instant(paused_at),
            until: row.paused_until.map(instant),
            by: row.paused_by.unwrap_or_default(),
            note: row.paused_note,
        });
        Ok(Self {
            id: JobId(row.id),
            spec: Arc::new(JobSpec {
                name: row.name,
                status: word("status", &row.status)?,
                handler_name: row.handler_name,
                handler_param: row.handler_param,
                cron_expression: row.cron_expression,
                cron_dialect: row
                    .cron_dialect
                    .map(|dialect| word("cron_dialect", &dialect))
                    .transpose()?,
                every: row.every.map(|secs| Interval::from_secs(unsigned(secs))),
                timezone: word("timezone", &row.timezone)?,
                start_at: row.start_at.map(instant),
                end_at: row.end_at.map(instant),
                retry: RetryPolicy {
                    retry_count: small(row.retry_count),
                    retry_interval: Interval::from_secs(unsigned(row.retry_interval)),
                    retry_backoff: json("retry_backoff", &row.retry_backoff)?,
                    retry_on: json("retry_on", &row.retry_on)?,
                },
                monitor_timeout: Interval::from_secs(unsigned(row.monitor_timeout)),
                fuel: row.fuel.map(unsigned),
                memory_limit: unsigned(row.memory_limit),
                overlap: word("overlap", &row.overlap)?,
                misfire: word("misfire", &row.misfire)?,
                catch_up_window: Interval::from_secs(unsigned(row.catch_up_window)),
                jitter: Interval::from_secs(unsigned(row.jitter)),
                priority: i32::try_from(row.priority).unwrap_or(0),
                max_runs: row.max_runs.map(unsigned),
                blackouts: json("blackouts", &row.blackouts)?,
                shards: small(row.shards).max(1),
                warn_after: row.warn_after.map(|secs| Interval::from_secs(unsigned(secs))),
                retry_version: word("retry_version", &row.retry_version)?,
                on_success: json("on_success", &row.on_success)?,
                on_failure: json("on_failure", &row.on_failure)?,
                labels: json("labels", &row.labels)?,
                owner: row.owner,
                runbook: row.runbook,
            }),
            revision: row.revision,
            source: row.source,
            created_at: instant(row.created_at),
            updated_at: instant(row.updated_at),
            pause,
            progress: Progress {
                next_fire_at: row.next_fire_at.map(instant),
                plan_at: row.plan_at.map(instant),
                decided_until: row.decided_until.map(instant),
                released: unsigned(row.released),
            },
        })
    }
}

/// A run of the queue with the newest row of its log.
pub(crate) struct ActiveRow {
    pub id: i64,
    pub job_id: Option<i64>,
    pub job_name: Option<String>,
    pub revision: Option<i64>,
    pub handler_name: String,
    pub handler_param: Option<String>,
    pub run_trigger: String,
    pub requested_by: Option<String>,
    pub retry_of: Option<i64>,
    pub scheduled_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub state: String,
    pub hold: Option<String>,
    pub attempts: i64,
    pub attempt_id: Option<i64>,
    pub cancel_by: Option<String>,
    pub begin_time: Option<DateTime<Utc>>,
    pub end_time: Option<DateTime<Utc>>,
    pub error: Option<String>,
    pub shard_index: i64,
    pub shard_count: i64,
    pub upstream_run: Option<i64>,
    pub warned_at: Option<DateTime<Utc>>,
    pub pending_until: Option<DateTime<Utc>>,
}

impl TryFrom<ActiveRow> for Run {
    type Error = sqlx::Error;

    fn try_from(row: ActiveRow) -> Decoded<Self> {
        let state: RunState = word("state", &row.state)?;
        Ok(Self {
            id: RunId(row.id),
            job_id: row.job_id.map(JobId),
            job_name: row.job_name,
            revision: row.revision,
            handler_name: row.handler_name,
            handler_param: row.handler_param,
            trigger: word("run_trigger", &row.run_trigger)?,
            requested_by: row.requested_by,
            retry_of: row.retry_of.map(RunId),
            upstream_run: row.upstream_run.map(RunId),
            shard: shard(row.shard_index, row.shard_count),
            scheduled_at: instant(row.scheduled_at),
            status: RunStatus::Active(state),
            due_at: (state != RunState::Running).then(|| instant(row.due_at)),
            held: row.hold.map(|hold| word("hold", &hold)).transpose()?,
            attempts: small(row.attempts),
            attempt_id: row.attempt_id.map(AttemptId),
            cancel_requested_by: row.cancel_by,
            begin_time: row.begin_time.map(instant),
            end_time: row.end_time.map(instant),
            result: None,
            error: row.error,
            warned_at: row.warned_at.map(instant),
            pending_until: row.pending_until.map(instant),
        })
    }
}

/// All of `infra_job_log`, column by column.
pub(crate) struct LogRow {
    pub id: i64,
    pub job_id: Option<i64>,
    pub job_name: Option<String>,
    pub revision: Option<i64>,
    pub handler_name: String,
    pub handler_param: Option<String>,
    pub execute_index: i64,
    pub begin_time: Option<DateTime<Utc>>,
    pub end_time: Option<DateTime<Utc>>,
    pub duration: Option<i64>,
    pub status: String,
    pub result: Option<String>,
    pub run_id: Option<i64>,
    pub run_trigger: String,
    pub requested_by: Option<String>,
    pub retry_of: Option<i64>,
    pub scheduled_at: DateTime<Utc>,
    pub scheduled_until: Option<DateTime<Utc>>,
    pub fire_count: Option<i64>,
    pub reason: Option<String>,
    pub blocked_by: Option<i64>,
    pub due_at: Option<DateTime<Utc>>,
    pub claimed_at: Option<DateTime<Utc>>,
    pub plugin: Option<String>,
    pub plugin_version: Option<i64>,
    pub digest: Option<String>,
    pub node: Option<String>,
    pub boot_id: Option<i64>,
    pub fuel_used: Option<i64>,
    pub peak_memory: Option<i64>,
    pub error: Option<String>,
    pub backtrace: Option<String>,
    pub refusals: Option<String>,
    pub log_lines: i64,
    pub log_cut_lines: i64,
    pub retry_at: Option<DateTime<Utc>>,
    pub cancel_by: Option<String>,
    pub last: bool,
    pub shard_index: i64,
    pub shard_count: i64,
    pub upstream_run: Option<i64>,
    pub warned_at: Option<DateTime<Utc>>,
}

/// A checked query for whole rows of the log; what follows `FROM infra_job_log` is the first argument.
macro_rules! select_log {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::convert::LogRow,
            r#"SELECT id AS "id!", job_id, job_name, revision, handler_name, handler_param, execute_index, begin_time,
                end_time, duration, status, result, run_id, run_trigger, requested_by, retry_of, scheduled_at,
                scheduled_until, fire_count, reason, blocked_by, due_at, claimed_at, plugin, plugin_version, digest,
                node, boot_id, fuel_used, peak_memory, error, backtrace, refusals, log_lines, log_cut_lines, retry_at,
                cancel_by, last, shard_index, shard_count, upstream_run, warned_at
            FROM infra_job_log "# + $rest
            $(, $argument)*
        )
    };
}
pub(crate) use select_log;

impl TryFrom<LogRow> for Attempt {
    type Error = sqlx::Error;

    fn try_from(row: LogRow) -> Decoded<Self> {
        Ok(Self {
            id: AttemptId(row.id),
            run_id: row.run_id.map(RunId),
            job_id: row.job_id.map(JobId),
            job_name: row.job_name,
            revision: row.revision,
            handler_name: row.handler_name,
            handler_param: row.handler_param,
            execute_index: small(row.execute_index),
            status: word("status", &row.status)?,
            reason: row.reason.map(|reason| word("reason", &reason)).transpose()?,
            blocked_by: row.blocked_by.map(RunId),
            trigger: word("run_trigger", &row.run_trigger)?,
            requested_by: row.requested_by,
            upstream_run: row.upstream_run.map(RunId),
            shard: shard(row.shard_index, row.shard_count),
            scheduled_at: instant(row.scheduled_at),
            scheduled_until: row.scheduled_until.map(instant),
            fire_count: row.fire_count.map(small),
            due_at: row.due_at.map(instant),
            claimed_at: row.claimed_at.map(instant),
            begin_time: row.begin_time.map(instant),
            end_time: row.end_time.map(instant),
            duration: row.duration.map(unsigned),
            result: row.result,
            error: row.error,
            backtrace: row.backtrace,
            refusals: row
                .refusals
                .map(|refusals| json("refusals", &refusals))
                .transpose()?
                .unwrap_or_default(),
            plugin: row.plugin,
            plugin_version: row.plugin_version,
            digest: row.digest,
            node: row.node,
            boot_id: row.boot_id.map(BootId),
            fuel_used: row.fuel_used.map(unsigned),
            peak_memory: row.peak_memory.map(unsigned),
            log_lines: unsigned(row.log_lines),
            log_cut_lines: unsigned(row.log_cut_lines),
            retry_at: row.retry_at.map(instant),
            last: row.last,
            warned_at: row.warned_at.map(instant),
        })
    }
}

/// The run that the last row of its log tells of.
pub(crate) fn ended_run(row: LogRow) -> Decoded<Run> {
    let status: AttemptStatus = word("status", &row.status)?;
    Ok(Run {
        id: RunId(row.run_id.unwrap_or(row.id)),
        job_id: row.job_id.map(JobId),
        job_name: row.job_name,
        revision: row.revision,
        handler_name: row.handler_name,
        handler_param: row.handler_param,
        trigger: word("run_trigger", &row.run_trigger)?,
        requested_by: row.requested_by,
        retry_of: row.retry_of.map(RunId),
        upstream_run: row.upstream_run.map(RunId),
        shard: shard(row.shard_index, row.shard_count),
        scheduled_at: instant(row.scheduled_at),
        status: RunStatus::Ended(status),
        due_at: None,
        held: None,
        attempts: small(row.execute_index),
        attempt_id: Some(AttemptId(row.id)),
        cancel_requested_by: row.cancel_by,
        begin_time: row.begin_time.map(instant),
        end_time: row.end_time.map(instant),
        result: row.result,
        error: row.error,
        warned_at: row.warned_at.map(instant),
        pending_until: None,
    })
}
