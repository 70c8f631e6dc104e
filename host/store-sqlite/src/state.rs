//! Values that handlers keep.

use async_trait::async_trait;
use wasmtab_store::{StateError, StateScope, StateStore, StoreResult};

use crate::{SqliteStore, convert::unsigned, store_error};

#[async_trait]
impl StateStore for SqliteStore {
    async fn state_get(&self, scope: &StateScope, key: &str) -> StoreResult<Option<Vec<u8>>> {
        let scope = scope.key();
        sqlx::query_scalar!(
            "SELECT value FROM handler_state WHERE scope = ? AND key = ?",
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
                    r#"SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) AS "bytes!: i64"
                    FROM handler_state WHERE scope = ? AND key <> ?"#,
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
                    "INSERT INTO handler_state (scope, key, value) VALUES (?, ?, ?)
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
                    "DELETE FROM handler_state WHERE scope = ? AND key = ?",
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
            "SELECT key FROM handler_state WHERE scope = ?1 AND key > ?2 AND substr(key, 1, length(?3)) = ?3
            ORDER BY key LIMIT ?4",
            scope,
            after,
            prefix,
            limit
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)
    }
}
