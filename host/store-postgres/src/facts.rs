//! How much of what there is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use wasmtab_store::{FactStore, Facts, QueuePart, StoreResult};

use crate::{
    PostgresStore,
    convert::{instant, unsigned, word},
    store_error,
};

#[async_trait]
impl FactStore for PostgresStore {
    async fn facts(&self) -> StoreResult<Facts> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        // Each of these is answered by an index alone: there may be a million jobs.
        let counts = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM infra_job) AS "jobs!: i64",
                (SELECT count(*) FROM infra_job WHERE plan_at IS NOT NULL) AS "planned!: i64",
                (SELECT count(*) FROM infra_job WHERE paused_at IS NOT NULL) AS "paused!: i64",
                (SELECT count(*) FROM plugin WHERE active_version IS NOT NULL) AS "active_plugins!: i64",
                (SELECT count(*) FROM handler) AS "handlers!: i64""#
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(store_error)?;
        let queue = sqlx::query!(
            r#"SELECT state AS "state!", hold IS NOT NULL AS "held!: bool", count(*) AS "runs!: i64",
                min(due_at) AS "due_at!: DateTime<Utc>"
            FROM run GROUP BY 1, 2"#
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
        let queue = queue
            .into_iter()
            .map(|row| {
                Ok(QueuePart {
                    state: word("state", &row.state)?,
                    held: row.held,
                    runs: unsigned(row.runs),
                    due_at: instant(row.due_at),
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(store_error)?;
        Ok(Facts {
            jobs: unsigned(counts.jobs),
            planned: unsigned(counts.planned),
            paused: unsigned(counts.paused),
            queue,
            active_plugins: unsigned(counts.active_plugins),
            handlers: unsigned(counts.handlers),
            // The server has its own ways to tell.
            size: None,
        })
    }
}
