//! The processes that plan and execute. Signs of life go past the writer: they must not wait for a lock that somebody else holds.

use async_trait::async_trait;
use wasmtab_domain::{ids::BootId, time::Timestamp};
use wasmtab_store::{NodeInfo, NodeStore, StoreResult};

use crate::{PostgresStore, convert::instant, store_error};

#[async_trait]
impl NodeStore for PostgresStore {
    /// A process that was declared dead, and lives, enters itself again: what it had was taken from it, run by run.
    async fn register_node(&self, node: NodeInfo) -> StoreResult<()> {
        sqlx::query!(
            "INSERT INTO node (boot_id, name, started_at, seen_at, lease_until) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (boot_id) DO UPDATE SET seen_at = greatest(node.seen_at, excluded.seen_at),
                lease_until = excluded.lease_until, stopped_at = NULL",
            node.boot_id.0,
            node.name,
            node.started_at.to_chrono(),
            node.seen_at.to_chrono(),
            node.lease_until.to_chrono()
        )
        .execute(&self.readers)
        .await
        .map(drop)
        .map_err(store_error)
    }

    async fn heartbeat(&self, boot_id: BootId, now: Timestamp, lease_until: Timestamp) -> StoreResult<bool> {
        let renewed = sqlx::query!(
            "UPDATE node SET seen_at = greatest(seen_at, $1), lease_until = $2
            WHERE boot_id = $3 AND stopped_at IS NULL",
            now.to_chrono(),
            lease_until.to_chrono(),
            boot_id.0
        )
        .execute(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(renewed.rows_affected() == 1)
    }

    async fn retire_node(&self, boot_id: BootId, now: Timestamp) -> StoreResult<()> {
        sqlx::query!(
            "UPDATE node SET seen_at = greatest(seen_at, $1), stopped_at = $1 WHERE boot_id = $2",
            now.to_chrono(),
            boot_id.0
        )
        .execute(&self.readers)
        .await
        .map(drop)
        .map_err(store_error)
    }

    async fn nodes(&self, limit: u32) -> StoreResult<Vec<NodeInfo>> {
        let rows = sqlx::query!(
            "SELECT boot_id, name, started_at, seen_at, lease_until, stopped_at
            FROM node ORDER BY started_at DESC, boot_id DESC LIMIT $1",
            i64::from(limit)
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
            r#"SELECT greatest(
                (SELECT max(seen_at) FROM node),
                (SELECT max(updated_at) FROM infra_job),
                (SELECT max(decided_until) FROM infra_job)
            ) AS "seen?""#
        )
        .fetch_one(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(seen.map(instant))
    }

    fn is_exclusive(&self) -> bool {
        false
    }
}
