//! The processes that plan and execute; on SQLite one at a time.

use async_trait::async_trait;
use wasmtab_domain::{ids::BootId, time::Timestamp};
use wasmtab_store::{NodeInfo, NodeStore, StoreResult};

use crate::{SqliteStore, convert::instant, store_error};

#[async_trait]
impl NodeStore for SqliteStore {
    async fn register_node(&self, node: NodeInfo) -> StoreResult<()> {
        self.write(move |c| {
            Box::pin(async move {
                let (started, seen, lease) =
                    (node.started_at.as_micros(), node.seen_at.as_micros(), node.lease_until.as_micros());
                sqlx::query!(
                    "INSERT INTO node (boot_id, name, started_at, seen_at, lease_until) VALUES (?, ?, ?, ?, ?)",
                    node.boot_id.0,
                    node.name,
                    started,
                    seen,
                    lease
                )
                .execute(c)
                .await
                .map(drop)
            })
        })
        .await
    }

    async fn heartbeat(&self, boot_id: BootId, now: Timestamp, lease_until: Timestamp) -> StoreResult<bool> {
        self.write(move |c| {
            Box::pin(async move {
                let (now, lease) = (now.as_micros(), lease_until.as_micros());
                let renewed = sqlx::query!(
                    "UPDATE node SET seen_at = max(seen_at, ?), lease_until = ? WHERE boot_id = ? AND stopped_at IS NULL",
                    now,
                    lease,
                    boot_id.0
                )
                .execute(c)
                .await?;
                Ok(renewed.rows_affected() == 1)
            })
        })
        .await
    }

    async fn retire_node(&self, boot_id: BootId, now: Timestamp) -> StoreResult<()> {
        self.write(move |c| {
            Box::pin(async move {
                let now = now.as_micros();
                sqlx::query!(
                    "UPDATE node SET seen_at = max(seen_at, ?1), stopped_at = ?1 WHERE boot_id = ?2",
                    now,
                    boot_id.0
                )
                .execute(c)
                .await
                .map(drop)
            })
        })
        .await
    }

    async fn nodes(&self, limit: u32) -> StoreResult<Vec<NodeInfo>> {
        let rows = sqlx::query!(
            r#"SELECT boot_id AS "boot_id!: i64", name, started_at, seen_at, lease_until, stopped_at
            FROM node ORDER BY started_at DESC, boot_id DESC LIMIT ?"#,
            limit
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows
            .into_iter()
            .map(|row| NodeInfo {
                boot_id: BootId(row.boot_id),
                name: row.name,
                started_at: instant(row.started_at),
                seen_at: instant(row.seen_at),
                lease_until: instant(row.lease_until),
                stopped_at: row.stopped_at.map(instant),
            })
            .collect())
    }

    async fn last_seen(&self) -> StoreResult<Option<Timestamp>> {
        // A process may have planned and died between two signs of life.
        let seen = sqlx::query_scalar!(
            r#"SELECT max(at) AS "seen?: i64" FROM (
                SELECT max(seen_at) AS at FROM node
                UNION ALL SELECT max(updated_at) FROM infra_job
                UNION ALL SELECT max(decided_until) FROM infra_job
            )"#
        )
        .fetch_one(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(seen.map(instant))
    }

    fn is_exclusive(&self) -> bool {
        true
    }
}
