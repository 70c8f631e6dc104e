//! Outcomes: at most one per attempt is accepted, by its token; what follows is the domain's decision.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{AttemptId, BootId, IdSource, RunId},
    retry::{Ended, Next, after_attempt},
    run::{AttemptLog, Hold, Outcome, RunPolicy},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::{FinishReply, Swept};

use crate::{
    convert::{json, signed, small, to_json},
    decode_error,
};

/// A run whose attempt is going on, as its outcome finds it.
struct Owned {
    job_id: Option<i64>,
    retries: u32,
    abandons: u32,
    cancelled: bool,
    paused: bool,
    policy: RunPolicy,
}

/// What becomes of a run that goes on.
#[derive(Serialize)]
struct Onward(i64, &'static str, i64, u32, u32, Option<&'static str>);

/// Writes outcomes and what follows each.
pub(crate) async fn finish(
    connection: &mut SqliteConnection,
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<Vec<FinishReply>, sqlx::Error> {
    let mut owned = owned_runs(connection, outcomes).await?;
    let mut replies = Vec::with_capacity(outcomes.len());
    let mut ended_runs = Vec::new();
    let mut ended_jobs = Vec::new();
    let mut onward = Vec::new();
    let mut rows = Vec::new();
    let mut logs = Vec::new();
    for outcome in outcomes {
        // Taking the run out lets a second outcome of the same attempt in one batch find nothing.
        let Some(run) = owned.remove(&(outcome.run_id.0, outcome.attempt_id.0)) else {
            replies.push(FinishReply::Refused);
            continue;
        };
        let ended = Ended {
            policy: &run.policy.retry,
            status: outcome.status,
            permanent: outcome.permanent,
            retries: run.retries,
            abandons: run.abandons,
            cancel_requested: run.cancelled,
        };
        // A retry is counted from the instant at which the outcome is written, by which the reply is dated too.
        let next = after_attempt(&ended, now);
        let id = outcome.run_id.0;
        let retry_at = match next {
            Next::End => {
                ended_runs.push(id);
                ended_jobs.extend(run.job_id);
                None
            }
            Next::RetryAt(at) => {
                let hold = run.paused.then_some(Hold::Paused.as_str());
                let state = RunState::WaitingRetry.as_str();
                onward.push(Onward(
                    id,
                    state,
                    at.as_micros(),
                    run.retries + 1,
                    run.abandons,
                    hold,
                ));
                Some(at)
            }
            Next::Requeue => {
                let state = RunState::Queued.as_str();
                onward.push(Onward(
                    id,
                    state,
                    now.as_micros(),
                    run.retries,
                    run.abandons + 1,
                    None,
                ));
                Some(now)
            }
        };
        replies.push(retry_at.map_or(FinishReply::Ended, FinishReply::Retry));
        rows.push(log_row(outcome, retry_at)?);
        if outcome.log != AttemptLog::default() {
            logs.push((outcome.attempt_id.0, to_json(&outcome.log)?));
        }
    }
    update_log(connection, &rows).await?;
    insert_lines(connection, &logs).await?;
    move_on(connection, &onward).await?;
    if !ended_runs.is_empty() {
        let ended = to_json(&ended_runs)?;
        sqlx::query!(
            "DELETE FROM run WHERE id IN (SELECT value FROM json_each(?))",
            ended
        )
        .execute(&mut *connection)
        .await?;
        give_turns(connection, &ended_jobs).await?;
    }
    Ok(replies)
}

/// The runs whose attempts these outcomes are of; an outcome whose token is not the run's own finds none.
async fn owned_runs(
    connection: &mut SqliteConnection,
    outcomes: &[Outcome],
) -> Result<HashMap<(i64, i64), Owned>, sqlx::Error> {
    let tokens: Vec<_> = outcomes
        .iter()
        .map(|outcome| (outcome.run_id.0, outcome.attempt_id.0))
        .collect();
    let tokens = to_json(&tokens)?;
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.attempt_id AS "attempt_id!: i64", run.job_id, run.retries, run.abandons,
            run.cancel_by IS NOT NULL AS "cancelled!: bool", infra_job.paused_at IS NOT NULL AS "paused!: bool",
            coalesce(run.policy, revision.policy) AS "policy: String"
        FROM json_each(?) AS token
        CROSS JOIN run ON run.id = token.value ->> 0 AND run.attempt_id = token.value ->> 1
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN infra_job ON infra_job.id = run.job_id
        WHERE run.state = 'running'"#,
        tokens
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let policy = row
                .policy
                .ok_or_else(|| decode_error("policy", "neither run nor revision has one"))?;
            let run = Owned {
                job_id: row.job_id,
                retries: small(row.retries),
                abandons: small(row.abandons),
                cancelled: row.cancelled,
                paused: row.paused,
                policy: json("policy", &policy)?,
            };
            Ok(((row.id, row.attempt_id), run))
        })
        .collect()
}

/// One outcome, as `update_log` reads it.
#[derive(Serialize)]
struct LogUpdate<'a> {
    id: i64,
    status: &'static str,
    begin: Option<i64>,
    end: i64,
    duration: Option<i64>,
    result: Option<&'a str>,
    error: Option<&'a str>,
    backtrace: Option<&'a str>,
    fuel: Option<i64>,
    memory: Option<i64>,
    refusals: Option<String>,
    lines: usize,
    cut: i64,
    retry_at: Option<i64>,
}

fn log_row(outcome: &Outcome, retry_at: Option<Timestamp>) -> Result<LogUpdate<'_>, sqlx::Error> {
    Ok(LogUpdate {
        id: outcome.attempt_id.0,
        status: outcome.status.as_str(),
        begin: outcome.begin_time.map(Timestamp::as_micros),
        end: outcome.end_time.as_micros(),
        duration: outcome.duration.map(signed),
        result: outcome.result.as_deref(),
        error: outcome.error.as_deref(),
        backtrace: outcome.backtrace.as_deref(),
        fuel: outcome.fuel_used.map(signed),
        memory: outcome.peak_memory.map(signed),
        refusals: if outcome.refusals.is_empty() {
            None
        } else {
            Some(to_json(&outcome.refusals)?)
        },
        lines: outcome.log.lines.len(),
        cut: signed(outcome.log.cut_lines),
        retry_at: retry_at.map(Timestamp::as_micros),
    })
}

async fn update_log(connection: &mut SqliteConnection, rows: &[LogUpdate<'_>]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = to_json(rows)?;
    sqlx::query!(
        "UPDATE infra_job_log SET status = new.status, begin_time = coalesce(new.begin_time, infra_job_log.begin_time),
            end_time = new.end_time, duration = new.duration, result = new.result, error = new.error,
            backtrace = new.backtrace, fuel_used = new.fuel_used, peak_memory = new.peak_memory,
            refusals = new.refusals, log_lines = new.log_lines, log_cut_lines = new.log_cut_lines,
            retry_at = new.retry_at, last = new.retry_at IS NULL,
            cancel_by = (SELECT cancel_by FROM run WHERE run.id = infra_job_log.run_id)
        FROM (
            SELECT value ->> 'id' AS id, value ->> 'status' AS status, value ->> 'begin' AS begin_time,
                value ->> 'end' AS end_time, value ->> 'duration' AS duration, value ->> 'result' AS result,
                value ->> 'error' AS error, value ->> 'backtrace' AS backtrace, value ->> 'fuel' AS fuel_used,
                value ->> 'memory' AS peak_memory, value ->> 'refusals' AS refusals, value ->> 'lines' AS log_lines,
                value ->> 'cut' AS log_cut_lines, value ->> 'retry_at' AS retry_at
            FROM json_each(?)
        ) AS new
        WHERE infra_job_log.id = new.id",
        rows
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_lines(connection: &mut SqliteConnection, logs: &[(i64, String)]) -> Result<(), sqlx::Error> {
    if logs.is_empty() {
        return Ok(());
    }
    let logs = to_json(logs)?;
    sqlx::query!(
        "INSERT INTO attempt_log (attempt_id, log) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
        logs
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn move_on(connection: &mut SqliteConnection, onward: &[Onward]) -> Result<(), sqlx::Error> {
    if onward.is_empty() {
        return Ok(());
    }
    let onward = to_json(onward)?;
    sqlx::query!(
        "UPDATE run SET state = new.state, due_at = new.due_at, retries = new.retries, abandons = new.abandons,
            hold = new.hold, boot_id = NULL
        FROM (
            SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS due_at, value ->> 3 AS retries,
                value ->> 4 AS abandons, value ->> 5 AS hold
            FROM json_each(?)
        ) AS new
        WHERE run.id = new.id",
        onward
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets the oldest held run of each job go that has no other run left.
pub(crate) async fn give_turns(connection: &mut SqliteConnection, jobs: &[i64]) -> Result<(), sqlx::Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let (jobs, turn) = (to_json(jobs)?, Hold::Turn.as_str());
    sqlx::query!(
        "UPDATE run SET hold = NULL WHERE id IN (
            SELECT min(held.id) FROM run AS held
            WHERE held.job_id IN (SELECT value FROM json_each(?1)) AND held.hold = ?2
                AND NOT EXISTS (
                    SELECT 1 FROM run AS other WHERE other.job_id = held.job_id AND other.hold IS NOT ?2
                )
            GROUP BY held.job_id
        )",
        jobs,
        turn
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the attempts of every process but `living`: the database is this process's alone, so the others are dead.
pub(crate) async fn rescue(
    connection: &mut SqliteConnection,
    living: BootId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    const BATCH: usize = 500;
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE state = 'running' AND boot_id IS NOT ?"#,
        living.0
    )
    .fetch_all(&mut *connection)
    .await?;
    let outcomes: Vec<_> = rows
        .iter()
        .map(|row| Outcome {
            attempt_id: AttemptId(row.attempt_id),
            run_id: RunId(row.id),
            status: AttemptStatus::Abandoned,
            permanent: false,
            begin_time: None,
            end_time: now,
            duration: None,
            result: None,
            error: Some("its process ended before it did".into()),
            backtrace: None,
            fuel_used: None,
            peak_memory: None,
            refusals: Vec::new(),
            log: AttemptLog::default(),
        })
        .collect();
    for batch in outcomes.chunks(BATCH) {
        finish(connection, batch, now).await?;
    }
    Ok(outcomes.len() as u64)
}

/// Removes old rows of the log. Rows of runs that have not ended stay.
pub(crate) async fn sweep(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<Swept, sqlx::Error> {
    // Ids rise with time, so that age needs no index of its own.
    let floor = IdSource::floor_at(before);
    let old = sqlx::query_scalar!(
        r#"SELECT id AS "id!: i64" FROM infra_job_log
        WHERE id < ?1 AND NOT EXISTS (SELECT 1 FROM run WHERE run.id = infra_job_log.run_id) ORDER BY id LIMIT ?2"#,
        floor,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let rows = old.len();
    if rows > 0 {
        let old = to_json(&old)?;
        sqlx::query!(
            "DELETE FROM attempt_log WHERE attempt_id IN (SELECT value FROM json_each(?))",
            old
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "DELETE FROM infra_job_log WHERE id IN (SELECT value FROM json_each(?))",
            old
        )
        .execute(connection)
        .await?;
    }
    Ok(Swept {
        rows: rows as u64,
        more: rows == limit as usize,
    })
}
