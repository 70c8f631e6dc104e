//! What is on record of a job's instants.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
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

/// The last row of a run, or one that says why none was made.
struct Row {
    id: i64,
    run_id: Option<i64>,
    scheduled_at: DateTime<Utc>,
    scheduled_until: Option<DateTime<Utc>>,
    run_trigger: String,
    fire_key: i64,
    status: String,
    reason: Option<String>,
    blocked_by: Option<i64>,
    error: Option<String>,
}

impl TryFrom<Row> for DecidedFire {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
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
        Ok(Self {
            from: instant(row.scheduled_at),
            until: instant(row.scheduled_until.unwrap_or(row.scheduled_at)),
            trigger: word("run_trigger", &row.run_trigger)?,
            fire_key: row.fire_key,
            became,
        })
    }
}

/// Runs of the schedule and of backfills, and skips that reach into the span; by instant.
pub(crate) async fn fires(
    connection: &mut PgConnection,
    job: JobId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<DecidedFire>, sqlx::Error> {
    let (since, until) = (since.to_chrono(), until.to_chrono());
    // Rows never reach over one another, so that only the one right before the span may reach into it.
    let mut rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id!", run_id, scheduled_at, scheduled_until, run_trigger, fire_key, status, reason, blocked_by,
            error
        FROM infra_job_log
        WHERE job_id = $1 AND fire_key = 0 AND last AND scheduled_at = (
            SELECT max(scheduled_at) FROM infra_job_log WHERE job_id = $1 AND scheduled_at < $2 AND fire_key = 0
        )"#,
        job.0,
        since
    )
    .fetch_all(&mut *connection)
    .await?;
    rows.retain(|row| row.scheduled_until.is_some_and(|until| until >= since));
    rows.extend(
        sqlx::query_as!(
            Row,
            r#"SELECT id AS "id!", run_id, scheduled_at, scheduled_until, run_trigger, fire_key, status, reason, blocked_by,
                error
            FROM infra_job_log
            WHERE job_id = $1 AND scheduled_at >= $2 AND scheduled_at < $3 AND last
                AND run_trigger IN ('cron', 'backfill')
            ORDER BY scheduled_at, fire_key, shard_index"#,
            job.0,
            since,
            until
        )
        .fetch_all(&mut *connection)
        .await?,
    );
    let mut fires = rows
        .into_iter()
        .map(DecidedFire::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let active = sqlx::query!(
        r#"SELECT id AS "id!: i64", scheduled_at, run_trigger, fire_key, state FROM run
        WHERE job_id = $1 AND scheduled_at >= $2 AND scheduled_at < $3 AND run_trigger IN ('cron', 'backfill')"#,
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
