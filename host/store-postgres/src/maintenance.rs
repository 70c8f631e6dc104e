//! Keeping the database itself.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    ids::RunId,
    interval::Interval,
    policy::JobStatus,
    run::Hold,
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::{
    Findings, MaintenanceStore, OwnedAttempt, PausedJob, Role, Sample, Snapshot, StoreResult,
};

use crate::{
    PostgresStore,
    convert::{instant, unsigned},
    store_error,
};

/// Rows of the log that are looked at for attempts that nobody has any more: what is lost is lost at a crash, not long ago.
const ROWS: i64 = 100_000;

#[async_trait]
impl MaintenanceStore for PostgresStore {
    /// PostgreSQL has its own ways: `pg_dump`, or a copy of the whole server.
    async fn snapshot(&self, _now: Timestamp) -> StoreResult<Option<Snapshot>> {
        Ok(None)
    }

    /// The server looks after its own structure; what it finds damaged it refuses to read, which shows everywhere else.
    async fn faults(&self, _most: u32) -> StoreResult<Vec<String>> {
        Ok(Vec::new())
    }

    async fn schema(&self) -> StoreResult<i64> {
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&self.readers)
            .await
            .map_err(store_error)
    }

    async fn findings(&self, most: u32) -> StoreResult<Findings> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        find(&mut connection, most).await.map_err(store_error)
    }
}

async fn find(connection: &mut PgConnection, most: u32) -> Result<Findings, sqlx::Error> {
    let lost = lost(connection).await?;
    Ok(Findings {
        unresolved: unresolved(connection, most).await?,
        held: held(connection, most).await?,
        over: over(connection, most).await?,
        paused: paused(connection, most).await?,
        zones: sqlx::query_scalar!("SELECT DISTINCT timezone FROM infra_job ORDER BY timezone")
            .fetch_all(&mut *connection)
            .await?,
        owned: owned(connection, most).await?,
        turnless: turnless(connection, most).await?,
        ..lost
    })
}

/// A count of rows, and the rows that a limit left of them: `count(*) OVER ()` tells it in every row.
fn sample<R, T>(rows: Vec<R>, count: impl Fn(&R) -> i64, item: impl Fn(R) -> T) -> Sample<T> {
    Sample {
        count: rows.first().map_or(0, |row| unsigned(count(row))),
        first: rows.into_iter().map(item).collect(),
    }
}

async fn unresolved(
    connection: &mut PgConnection,
    most: u32,
) -> Result<Sample<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT job.name, job.handler_name, count(*) OVER () AS "count!: i64"
        FROM infra_job AS job
        LEFT JOIN handler ON handler.name = job.handler_name
        LEFT JOIN plugin ON plugin.name = handler.plugin
        LEFT JOIN plugin_version AS version ON version.plugin = plugin.name
            AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted
        WHERE job.plan_at IS NOT NULL AND version.version IS NULL
        ORDER BY job.name LIMIT $1"#,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(rows, |row| row.count, |row| (row.name, row.handler_name)))
}

async fn held(connection: &mut PgConnection, most: u32) -> Result<Sample<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT name, count(*) OVER () AS "count!: i64" FROM handler WHERE held_at IS NOT NULL ORDER BY name LIMIT $1"#,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(rows, |row| row.count, |row| row.name))
}

async fn over(connection: &mut PgConnection, most: u32) -> Result<Sample<String>, sqlx::Error> {
    let normal = JobStatus::Normal.as_str();
    let rows = sqlx::query!(
        r#"SELECT name, count(*) OVER () AS "count!: i64" FROM infra_job
        WHERE plan_at IS NULL AND next_fire_at IS NULL AND status = $1 AND paused_at IS NULL
        ORDER BY name LIMIT $2"#,
        normal,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(rows, |row| row.count, |row| row.name))
}

async fn paused(connection: &mut PgConnection, most: u32) -> Result<Sample<PausedJob>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT name, paused_at AS "paused_at!: DateTime<Utc>", paused_until, count(*) OVER () AS "count!: i64"
        FROM infra_job WHERE paused_at IS NOT NULL ORDER BY paused_at LIMIT $1"#,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(
        rows,
        |row| row.count,
        |row| PausedJob {
            name: row.name,
            paused_at: instant(row.paused_at),
            until: row.paused_until.map(instant),
        },
    ))
}

async fn owned(connection: &mut PgConnection, most: u32) -> Result<Sample<OwnedAttempt>, sqlx::Error> {
    let running = RunState::Running.as_str();
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.job_name, run.handler_name, log.claimed_at AS "claimed_at!: DateTime<Utc>",
            coalesce((coalesce(run.policy, revision.policy)::jsonb ->> 'monitorTimeout')::bigint, 0) AS "timeout!",
            node.lease_until AS "lease_until?: DateTime<Utc>", count(*) OVER () AS "count!: i64"
        FROM run
        JOIN infra_job_log AS log ON log.id = run.attempt_id
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN node ON node.boot_id = run.boot_id
        WHERE run.state = $1 AND run.pending_until IS NULL
        ORDER BY log.claimed_at LIMIT $2"#,
        running,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(
        rows,
        |row| row.count,
        |row| OwnedAttempt {
            run_id: RunId(row.id),
            job_name: row.job_name,
            handler_name: row.handler_name,
            claimed_at: instant(row.claimed_at),
            timeout: Interval::from_secs(unsigned(row.timeout)),
            lease_until: row.lease_until.map(instant),
        },
    ))
}

async fn turnless(connection: &mut PgConnection, most: u32) -> Result<Sample<RunId>, sqlx::Error> {
    let turn = Hold::Turn.as_str();
    let rows = sqlx::query!(
        r#"SELECT held.id AS "id!: i64", count(*) OVER () AS "count!: i64" FROM run AS held
        WHERE held.hold = $1 AND NOT EXISTS (
            SELECT 1 FROM run AS other WHERE other.job_id = held.job_id AND other.hold IS DISTINCT FROM $1
        )
        ORDER BY held.id LIMIT $2"#,
        turn,
        i64::from(most)
    )
    .fetch_all(connection)
    .await?;
    Ok(sample(rows, |row| row.count, |row| RunId(row.id)))
}

/// What belongs to something that is not there any more.
async fn lost(connection: &mut PgConnection) -> Result<Findings, sqlx::Error> {
    let (claimed, running) = (AttemptStatus::Claimed.as_str(), AttemptStatus::Running.as_str());
    let administrator = Role::Administrator.as_str();
    let row = sqlx::query!(
        r#"SELECT
            (SELECT count(*) FROM (SELECT id, status FROM infra_job_log ORDER BY id DESC LIMIT $1) AS newest
                WHERE newest.status IN ($2, $3) AND NOT EXISTS (SELECT 1 FROM run WHERE run.attempt_id = newest.id)
            ) AS "rows!: i64",
            (SELECT count(*) FROM attempt_log
                WHERE NOT EXISTS (SELECT 1 FROM infra_job_log WHERE infra_job_log.id = attempt_log.attempt_id)
            ) AS "lines!: i64",
            (SELECT count(DISTINCT scope) FROM handler_state
                WHERE scope LIKE 'job/%'
                    AND NOT EXISTS (SELECT 1 FROM infra_job WHERE infra_job.id = CAST(substr(scope, 5) AS bigint))
            ) AS "state!: i64",
            (SELECT count(*) FROM plugin_content
                WHERE digest NOT IN (SELECT digest FROM plugin_version WHERE NOT deleted)
            ) AS "content!: i64",
            (SELECT count(*) FROM api_token WHERE role = $4) AS "administrators!: i64""#,
        ROWS,
        claimed,
        running,
        administrator
    )
    .fetch_one(connection)
    .await?;
    Ok(Findings {
        rows_without_run: unsigned(row.rows),
        lines_without_row: unsigned(row.lines),
        state_without_job: unsigned(row.state),
        content_without_version: unsigned(row.content),
        administrators: unsigned(row.administrators),
        ..Findings::default()
    })
}
