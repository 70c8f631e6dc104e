//! What goes from the log.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{IdSource, JobId},
    time::Timestamp,
};
use wasmtab_store::{LogEnd, LogKey, LogSort, Page, RetentionStore, StoreResult};

use crate::{
    SqliteStore,
    convert::{instant, to_json, word},
    reads::page,
    store_error,
};

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn log_ends(&self, after: i64, before: Timestamp, limit: u32) -> StoreResult<Page<LogEnd>> {
        // Ids rise with time, so that age needs no index of its own.
        let (floor, more) = (IdSource::floor_at(before), i64::from(limit) + 1);
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", coalesce(run_id, id) AS "key!: i64", status, end_time AS "ended_at!: i64"
            FROM infra_job_log WHERE id > ? AND id < ? AND last = 1 ORDER BY id LIMIT ?"#,
            after,
            floor,
            more
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let ends = rows
            .into_iter()
            .map(|row| {
                let end = LogEnd {
                    key: LogKey(row.key),
                    status: word("status", &row.status)?,
                    ended_at: instant(row.ended_at),
                };
                Ok((row.id, end))
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()
            .map_err(store_error)?;
        let ends = page(ends, limit, |(id, _)| *id);
        Ok(Page {
            items: ends.items.into_iter().map(|(_, end)| end).collect(),
            next: ends.next,
        })
    }

    async fn crowded_jobs(&self, after: i64, count: u32, limit: u32) -> StoreResult<Page<JobId>> {
        // From job to job by the index that orders a job's history: the rows between are not read.
        let rows = sqlx::query!(
            r#"WITH RECURSIVE job (id) AS (
                SELECT min(job_id) FROM infra_job_log WHERE job_id > ?1
                UNION ALL
                SELECT (SELECT min(job_id) FROM infra_job_log WHERE job_id > job.id) FROM job
                WHERE job.id IS NOT NULL LIMIT ?3
            )
            SELECT id AS "id!: i64", (
                SELECT 1 FROM infra_job_log WHERE job_id = job.id LIMIT 1 OFFSET ?2
            ) IS NOT NULL AS "crowded!: bool"
            FROM job WHERE id IS NOT NULL"#,
            after,
            count,
            limit
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let next = (rows.len() == limit as usize).then(|| rows.last().map(|row| row.id));
        let crowded = rows.iter().filter(|row| row.crowded).map(|row| JobId(row.id));
        Ok(Page {
            items: crowded.collect(),
            next: next.flatten(),
        })
    }

    async fn newest_of_job(&self, job: JobId, sort: LogSort, limit: u32) -> StoreResult<Vec<LogKey>> {
        // Every run has one row with this number, which bears the run's own id.
        let index = match sort {
            LogSort::Runs => 1,
            LogSort::Skipped => 0,
        };
        let ids = sqlx::query_scalar!(
            r#"SELECT id AS "id!: i64" FROM infra_job_log WHERE job_id = ? AND execute_index = ?
            ORDER BY id DESC LIMIT ?"#,
            job.0,
            index,
            limit
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(ids.into_iter().map(LogKey).collect())
    }

    async fn remove_from_log(&self, keys: &[LogKey]) -> StoreResult<u64> {
        // What is named twice goes once.
        let keys: BTreeSet<_> = keys.iter().map(|key| key.0).collect();
        let keys = to_json(&keys).map_err(store_error)?;
        self.write(move |c| Box::pin(async move { remove(c, &keys).await }))
            .await
    }
}

async fn remove(connection: &mut SqliteConnection, keys: &str) -> Result<u64, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"WITH gone (key) AS (
            SELECT log.id FROM json_each(?1) AS wanted CROSS JOIN infra_job_log AS log ON log.id = wanted.value
            WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.id = log.id)
                -- How a fire ended is told by all its shards together.
                AND NOT EXISTS (
                    SELECT 1 FROM run WHERE run.job_id = log.job_id AND run.scheduled_at = log.scheduled_at
                        AND run.fire_key = log.fire_key
                )
        )
        SELECT key AS "id!: i64" FROM gone
        UNION ALL
        SELECT later.id FROM gone CROSS JOIN infra_job_log AS later
        ON later.run_id = gone.key AND later.execute_index > 1"#,
        keys
    )
    .fetch_all(&mut *connection)
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let count = rows.len() as u64;
    let rows = to_json(&rows)?;
    sqlx::query!(
        "DELETE FROM attempt_log WHERE attempt_id IN (SELECT value FROM json_each(?))",
        rows
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM infra_job_log WHERE id IN (SELECT value FROM json_each(?))",
        rows
    )
    .execute(connection)
    .await?;
    Ok(count)
}
