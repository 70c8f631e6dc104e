//! Asking runs to end.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    run::Outcome,
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use crate::{Ids, chains, effects::Effects, finish, locks};

/// A run that has not ended, as far as its end concerns.
struct Unended {
    id: i64,
    state: String,
    attempt_id: Option<i64>,
    pending_until: Option<DateTime<Utc>>,
}

/// What became of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// No such run, or it has ended.
    Unknown,
    /// It has ended.
    Ended,
    /// This attempt goes on and was asked to stop.
    Asked(AttemptId),
}

/// Asks one run to end.
pub(crate) async fn run(
    connection: &mut PgConnection,
    ids: &Ids,
    id: RunId,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Cancelled, sqlx::Error> {
    locks::jobs_of_runs(connection, &[id.0]).await?;
    let run = sqlx::query_as!(
        Unended,
        r#"SELECT id AS "id!", state, attempt_id, pending_until FROM run WHERE id = $1 FOR UPDATE"#,
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    match run {
        Some(run) => end(connection, ids, run, by, now, effects).await,
        None => Ok(Cancelled::Unknown),
    }
}

/// Asks all shards of a fire to end, by the id of the first; then the runs that wait for it may get their turn.
pub(crate) async fn group(
    connection: &mut PgConnection,
    ids: &Ids,
    (job, first): (i64, RunId),
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let runs = sqlx::query_as!(
        Unended,
        r#"SELECT id AS "id!", state, attempt_id, pending_until FROM run WHERE job_id = $1 AND group_id = $2
        ORDER BY id FOR UPDATE"#,
        job,
        first.0
    )
    .fetch_all(&mut *connection)
    .await?;
    for run in runs {
        end(connection, ids, run, by, now, effects).await?;
    }
    Ok(())
}

/// Asks all runs of a job to end, and tells which.
pub(crate) async fn job(
    connection: &mut PgConnection,
    ids: &Ids,
    job: i64,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Vec<RunId>, sqlx::Error> {
    let runs = sqlx::query_as!(
        Unended,
        r#"SELECT id AS "id!", state, attempt_id, pending_until FROM run WHERE job_id = $1
        ORDER BY id DESC FOR UPDATE"#,
        job
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut asked: Vec<_> = runs.iter().map(|run| RunId(run.id)).collect();
    asked.reverse();
    // The newest first: no run that waits for its turn gets it because the one before it has ended here.
    for run in runs {
        end(connection, ids, run, by, now, effects).await?;
    }
    Ok(asked)
}

async fn end(
    connection: &mut PgConnection,
    ids: &Ids,
    run: Unended,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Cancelled, sqlx::Error> {
    let id = RunId(run.id);
    let running = run.state == RunState::Running.as_str();
    if let (true, Some(attempt)) = (running, run.attempt_id) {
        let attempt = AttemptId(attempt);
        sqlx::query!(
            "UPDATE run SET cancel_by = coalesce(cancel_by, $1) WHERE id = $2",
            by,
            run.id
        )
        .execute(&mut *connection)
        .await?;
        if run.pending_until.is_none() {
            effects.asked.push(attempt);
            return Ok(Cancelled::Asked(attempt));
        }
        // Its work goes on elsewhere: nobody here can be asked, so it ends now.
        let outcome = Outcome::bare(attempt, id, AttemptStatus::Cancelled, now);
        finish::finish(connection, ids, &[outcome], now, effects).await?;
        return Ok(Cancelled::Ended);
    }
    end_unstarted(connection, ids, id, by, now, effects).await?;
    Ok(Cancelled::Ended)
}

/// Ends a run none of whose attempts is going on: a row of the log tells, and the next run of its job gets its turn.
async fn end_unstarted(
    connection: &mut PgConnection,
    ids: &Ids,
    id: RunId,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let attempts = sqlx::query_scalar!("SELECT attempts FROM run WHERE id = $1", id.0)
        .fetch_one(&mut *connection)
        .await?;
    let row = if attempts == 0 { id.0 } else { ids.next(now) };
    let (at, status) = (now.to_chrono(), AttemptStatus::Cancelled.as_str());
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
            run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, policy, due_at, end_time, cancel_by,
            last, shard_index, shard_count, upstream_run)
        SELECT $2, run.job_id, run.job_name, run.revision, run.handler_name,
            coalesce(run.handler_param, revision.spec ->> 'handlerParam'), run.attempts + 1, $3, run.id,
            run.run_trigger, run.requested_by, run.retry_of, run.scheduled_at, run.fire_key, run.policy, run.due_at,
            $4, $5, true, run.shard_index, run.shard_count, run.upstream_run
        FROM run LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        WHERE run.id = $1",
        id.0,
        row,
        status,
        at,
        by
    )
    .execute(&mut *connection)
    .await?;
    let ended = chains::unstarted(connection, id).await?;
    sqlx::query!("DELETE FROM run WHERE id = $1", id.0)
        .execute(&mut *connection)
        .await?;
    effects.ended.push(id);
    chains::after(connection, ids, &[ended], now, effects).await
}
