//! Looking at runs and at the log.

use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    run::{Attempt, AttemptLog, Run},
    status::{AttemptStatus, RunState, SkipReason, Trigger},
    time::Timestamp,
};
use wasmtab_store::{AttemptFilter, Page, RunFilter};

use crate::convert::{ActiveRow, LogRow, ended_run, json, select_log};

/// A checked query for runs of the queue; what follows the join is the first argument.
macro_rules! select_active {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ActiveRow,
            r#"SELECT run.id AS "id!", run.job_id, run.job_name, run.revision, run.handler_name,
                coalesce(run.handler_param, log.handler_param, revision.spec ->> '$.handlerParam')
                    AS "handler_param?: String", run.run_trigger, run.requested_by,
                run.retry_of, run.scheduled_at, run.due_at, run.state, run.hold, run.attempts, run.attempt_id,
                run.cancel_by, log.begin_time, log.end_time, log.error, run.shard_index, run.shard_count,
                run.upstream_run, log.warned_at, run.pending_until
            FROM run LEFT JOIN infra_job_log AS log ON log.id = run.attempt_id
            LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision "#
                + $rest
            $(, $argument)*
        )
    };
}

/// Cuts one row more than was wanted off, and tells where the next page begins.
pub(crate) fn page<T>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> i64) -> Page<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = if more { items.last().map(key) } else { None };
    Page { items, next }
}

/// A run that was made in the same transaction.
pub(crate) async fn made_run(connection: &mut SqliteConnection, id: RunId) -> Result<Run, sqlx::Error> {
    select_active!("WHERE run.id = ?", id.0)
        .fetch_one(connection)
        .await?
        .try_into()
}

pub(crate) async fn run(connection: &mut SqliteConnection, id: RunId) -> Result<Option<Run>, sqlx::Error> {
    if let Some(row) = select_active!("WHERE run.id = ?", id.0)
        .fetch_optional(&mut *connection)
        .await?
    {
        return Run::try_from(row).map(Some);
    }
    let row = select_log!(
        "WHERE (id = ?1 AND run_id = ?1 OR run_id = ?1 AND execute_index > 1) AND last = 1",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(ended_run).transpose()
}

/// A run's place in lists: its newest attempt, else itself.
fn position(run: &Run) -> i64 {
    run.attempt_id.map_or(run.id.0, |attempt| attempt.0)
}

pub(crate) async fn runs(
    connection: &mut SqliteConnection,
    filter: &RunFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Page<Run>, sqlx::Error> {
    let (before, more) = (before.unwrap_or(i64::MAX), i64::from(limit) + 1);
    let job = filter.job_id.map(|job| job.0);
    let (since, until) = span(filter.since, filter.until);
    let (state, label) = (filter.state.as_deref(), filter.label.as_deref());
    let trigger = filter.trigger.map(Trigger::as_str);
    let wants_active =
        filter.active != Some(false) && state.is_none_or(|word| word.parse::<RunState>().is_ok());
    let wants_ended = filter.active != Some(true)
        && state.is_none_or(|word| word.parse::<AttemptStatus>().is_ok_and(AttemptStatus::is_final));

    let mut runs = Vec::new();
    if wants_active {
        let rows = select_active!(
            "WHERE coalesce(run.attempt_id, run.id) < ?1 AND (?2 IS NULL OR run.job_id = ?2)
                AND (?3 IS NULL OR run.handler_name = ?3) AND (?4 IS NULL OR run.state = ?4)
                AND run.scheduled_at >= ?5 AND run.scheduled_at < ?6 AND (?8 IS NULL OR run.run_trigger = ?8)
                AND (?9 IS NULL OR run.job_id IN (SELECT job_id FROM job_label WHERE label = ?9))
            ORDER BY coalesce(run.attempt_id, run.id) DESC LIMIT ?7",
            before,
            job,
            filter.handler_name,
            state,
            since,
            until,
            more,
            trigger,
            label
        )
        .fetch_all(&mut *connection)
        .await?;
        runs = rows.into_iter().map(Run::try_from).collect::<Result<_, _>>()?;
    }
    if wants_ended {
        let rows = select_log!(
            "WHERE id < ?1 AND last = 1 AND run_id IS NOT NULL AND (?2 IS NULL OR job_id = ?2)
                AND (?3 IS NULL OR handler_name = ?3) AND (?4 IS NULL OR status = ?4)
                AND scheduled_at >= ?5 AND scheduled_at < ?6 AND (?8 IS NULL OR run_trigger = ?8)
                AND (?9 IS NULL OR job_id IN (SELECT job_id FROM job_label WHERE label = ?9))
            ORDER BY id DESC LIMIT ?7",
            before,
            job,
            filter.handler_name,
            state,
            since,
            until,
            more,
            trigger,
            label
        )
        .fetch_all(connection)
        .await?;
        for row in rows {
            runs.push(ended_run(row)?);
        }
    }
    runs.sort_unstable_by_key(|run| std::cmp::Reverse(position(run)));
    Ok(page(runs, limit, position))
}

pub(crate) async fn attempts(
    connection: &mut SqliteConnection,
    filter: &AttemptFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Page<Attempt>, sqlx::Error> {
    let (before, more) = (before.unwrap_or(i64::MAX), i64::from(limit) + 1);
    let (since, until) = span(filter.since, filter.until);
    let status = filter.status.map(AttemptStatus::as_str);
    let job = filter.job_id.map(|job| job.0);
    let (reason, trigger) = (
        filter.reason.map(SkipReason::as_str),
        filter.trigger.map(Trigger::as_str),
    );
    let rows: Vec<LogRow> = if let Some(RunId(run)) = filter.run_id {
        select_log!(
            "WHERE (id = ?1 AND run_id = ?1 OR run_id = ?1 AND execute_index > 1) AND id < ?2
                AND (?3 IS NULL OR status = ?3)
            ORDER BY id DESC LIMIT ?4",
            run,
            before,
            status,
            more
        )
        .fetch_all(connection)
        .await?
    } else {
        select_log!(
            "WHERE id < ?1 AND (?2 IS NULL OR job_id = ?2) AND (?3 IS NULL OR handler_name = ?3)
                AND (?4 IS NULL OR status = ?4) AND coalesce(scheduled_until, scheduled_at) >= ?5
                AND scheduled_at < ?6 AND (?8 IS NULL OR reason = ?8) AND (?9 IS NULL OR run_trigger = ?9)
                AND (?10 IS NULL OR job_id IN (SELECT job_id FROM job_label WHERE label = ?10))
            ORDER BY id DESC LIMIT ?7",
            before,
            job,
            filter.handler_name,
            status,
            since,
            until,
            more,
            reason,
            trigger,
            filter.label
        )
        .fetch_all(connection)
        .await?
    };
    let items = rows
        .into_iter()
        .map(Attempt::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(page(items, limit, |attempt| attempt.id.0))
}

pub(crate) async fn attempt(
    connection: &mut SqliteConnection,
    id: AttemptId,
) -> Result<Option<Attempt>, sqlx::Error> {
    select_log!("WHERE id = ?", id.0)
        .fetch_optional(connection)
        .await?
        .map(Attempt::try_from)
        .transpose()
}

pub(crate) async fn attempt_log(
    connection: &mut SqliteConnection,
    id: AttemptId,
) -> Result<AttemptLog, sqlx::Error> {
    let log = sqlx::query_scalar!("SELECT log FROM attempt_log WHERE attempt_id = ?", id.0)
        .fetch_optional(connection)
        .await?;
    log.map_or_else(|| Ok(AttemptLog::default()), |log| json("log", &log))
}

fn span(since: Option<Timestamp>, until: Option<Timestamp>) -> (i64, i64) {
    (
        since.map_or(i64::MIN, Timestamp::as_micros),
        until.map_or(i64::MAX, Timestamp::as_micros),
    )
}
