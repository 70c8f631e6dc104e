//! What is on record of a job's instants.

use sqlx::SqliteConnection;
use wasmtab_domain::{
    decided::{Became, DecidedFire},
    ids::{AttemptId, JobId, RunId},
    run::RunStatus,
    time::Timestamp,
};

use crate::{
    convert::{instant, word},
    decode_error,
};

/// Runs of the schedule and of backfills, and skips that reach into the span; by instant.
pub(crate) async fn fires(
    connection: &mut SqliteConnection,
    job: JobId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<DecidedFire>, sqlx::Error> {
    let (since, until) = (since.as_micros(), until.as_micros());
    // Rows never reach over one another, so that only the one right before the span may reach into it.
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", run_id, scheduled_at AS "from!: i64",
            coalesce(scheduled_until, scheduled_at) AS "until!: i64", run_trigger, fire_key, status, reason, blocked_by, error
        FROM infra_job_log
        WHERE job_id = ?1 AND last = 1 AND run_trigger IN ('cron', 'backfill') AND (
            scheduled_at >= ?2 AND scheduled_at < ?3 OR scheduled_until >= ?2 AND scheduled_at = (
                SELECT max(scheduled_at) FROM infra_job_log WHERE job_id = ?1 AND scheduled_at < ?2 AND fire_key = 0
            )
        )
        ORDER BY scheduled_at, id"#,
        job.0,
        since,
        until
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut fires = rows
        .into_iter()
        .map(|row| {
            let became = if let Some(run) = row.run_id {
                Became::Run(RunId(run), RunStatus::Ended(word("status", &row.status)?))
            } else {
                let reason = row
                    .reason
                    .ok_or_else(|| decode_error("reason", "a row without a run has none"))?;
                Became::Skipped {
                    row: AttemptId(row.id),
                    reason: word("reason", &reason)?,
                    blocked_by: row.blocked_by.map(RunId),
                    cause: row.error,
                }
            };
            Ok(DecidedFire {
                from: instant(row.from),
                until: instant(row.until),
                trigger: word("run_trigger", &row.run_trigger)?,
                fire_key: row.fire_key,
                became,
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    let active = sqlx::query!(
        r#"SELECT id AS "id!: i64", scheduled_at, run_trigger, fire_key, state FROM run
        WHERE job_id = ? AND scheduled_at >= ? AND scheduled_at < ? AND run_trigger IN ('cron', 'backfill')"#,
        job.0,
        since,
        until
    )
    .fetch_all(connection)
    .await?;
    for row in active {
        fires.push(DecidedFire {
            from: instant(row.scheduled_at),
            until: instant(row.scheduled_at),
            trigger: word("run_trigger", &row.run_trigger)?,
            fire_key: row.fire_key,
            became: Became::Run(RunId(row.id), RunStatus::Active(word("state", &row.state)?)),
        });
    }
    fires.sort_by_key(|fire| fire.from);
    Ok(fires)
}
