//! Values that handlers keep.

use async_trait::async_trait;
use wasmtab_store::{StateEntry, StateError, StateScope, StateStore, StateUse, StoreResult};

use crate::{PostgresStore, convert::unsigned, decode_error, store_error};

#[async_trait]
impl StateStore for PostgresStore {
    async fn state_get(&self, scope: &StateScope, key: &str) -> StoreResult<Option<Vec<u8>>> {
        let scope = scope.key();
        sqlx::query_scalar!(
            "SELECT value FROM handler_state WHERE scope = $1 AND key = $2",
            scope,
            key
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error)
    }

    async fn state_set(
        &self,
        scope: &StateScope,
        key: &str,
        value: &[u8],
        quota: u64,
    ) -> StoreResult<Result<(), StateError>> {
        let (scope, key, value) = (scope.key(), key.to_owned(), value.to_vec());
        self.write(move |c| {
            Box::pin(async move {
                let others = sqlx::query_scalar!(
                    r#"SELECT coalesce(sum(octet_length(key) + length(value)), 0) AS "bytes!: i64"
                    FROM handler_state WHERE scope = $1 AND key <> $2"#,
                    scope,
                    key
                )
                .fetch_one(&mut *c)
                .await?;
                let bytes = unsigned(others) + (key.len() + value.len()) as u64;
                if bytes > quota {
                    return Ok(Err(StateError::OverQuota(bytes)));
                }
                sqlx::query!(
                    "INSERT INTO handler_state (scope, key, value) VALUES ($1, $2, $3)
                    ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value",
                    scope,
                    key,
                    value
                )
                .execute(c)
                .await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    async fn state_delete(&self, scope: &StateScope, key: &str) -> StoreResult<()> {
        let (scope, key) = (scope.key(), key.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                sqlx::query!(
                    "DELETE FROM handler_state WHERE scope = $1 AND key = $2",
                    scope,
                    key
                )
                .execute(c)
                .await
                .map(drop)
            })
        })
        .await
    }

    async fn state_list(
        &self,
        scope: &StateScope,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> StoreResult<Vec<String>> {
        let (scope, after) = (scope.key(), after.unwrap_or(""));
        sqlx::query_scalar!(
            "SELECT key FROM handler_state WHERE scope = $1 AND key > $2 AND starts_with(key, $3)
            ORDER BY key LIMIT $4",
            scope,
            after,
            prefix,
            i64::from(limit)
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)
    }

    async fn state_entries(
        &self,
        scope: &StateScope,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        inline: u32,
    ) -> StoreResult<Vec<StateEntry>> {
        let (scope, after) = (scope.key(), after.unwrap_or(""));
        let rows = sqlx::query!(
            r#"SELECT key, length(value)::bigint AS "bytes!", CASE WHEN length(value) <= $5 THEN value END AS value
            FROM handler_state WHERE scope = $1 AND key > $2 AND starts_with(key, $3)
            ORDER BY key LIMIT $4"#,
            scope,
            after,
            prefix,
            i64::from(limit),
            i32::try_from(inline).unwrap_or(i32::MAX)
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let entries = rows.into_iter().map(|row| StateEntry {
            key: row.key,
            bytes: unsigned(row.bytes),
            value: row.value,
        });
        Ok(entries.collect())
    }

    async fn state_use(&self, scope: &StateScope) -> StoreResult<StateUse> {
        let scope = scope.key();
        let row = sqlx::query!(
            r#"SELECT count(*) AS "keys!: i64",
                coalesce(sum(octet_length(key) + length(value)), 0) AS "bytes!: i64"
            FROM handler_state WHERE scope = $1"#,
            scope
        )
        .fetch_one(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(StateUse {
            keys: unsigned(row.keys),
            bytes: unsigned(row.bytes),
        })
    }

    async fn state_scopes(
        &self,
        after: Option<&StateScope>,
        limit: u32,
    ) -> StoreResult<Vec<(StateScope, StateUse)>> {
        let after = after.map(StateScope::key).unwrap_or_default();
        let rows = sqlx::query!(
            r#"SELECT scope, count(*) AS "keys!: i64",
                sum(octet_length(key) + length(value)) AS "bytes!: i64"
            FROM handler_state WHERE scope > $1 GROUP BY scope ORDER BY scope LIMIT $2"#,
            after,
            i64::from(limit)
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| {
                let scope = StateScope::of_key(&row.scope)
                    .ok_or_else(|| store_error(decode_error("scope", &row.scope)))?;
                let held = StateUse {
                    keys: unsigned(row.keys),
                    bytes: unsigned(row.bytes),
                };
                Ok((scope, held))
            })
            .collect()
    }

    async fn state_clear(&self, scope: &StateScope, prefix: &str, limit: u32) -> StoreResult<u64> {
        let (scope, prefix) = (scope.key(), prefix.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query!(
                    "DELETE FROM handler_state WHERE scope = $1 AND key IN (
                        SELECT key FROM handler_state WHERE scope = $1 AND starts_with(key, $2)
                        ORDER BY key LIMIT $3
                    )",
                    scope,
                    prefix,
                    i64::from(limit)
                )
                .execute(c)
                .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }
}
