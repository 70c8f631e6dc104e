//! Tokens, the audit log, idempotency keys and settings.

use async_trait::async_trait;
use sqlx::PgConnection;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{
    AccessStore, AuditEntry, NewAudit, NewToken, Page, Principal, StoreResult, StoredReply, TokenInfo,
};

use crate::{
    PostgresStore,
    convert::{instant, word},
    reads::page,
    store_error,
};

/// The setting that holds the hash of the set-up code until it is used.
const SETUP_CODE: &str = "setupCode";

#[async_trait]
impl AccessStore for PostgresStore {
    async fn create_token(&self, token: NewToken) -> StoreResult<TokenInfo> {
        self.write(move |c| Box::pin(async move { insert_token(c, token).await }))
            .await
    }

    async fn tokens(&self) -> StoreResult<Vec<TokenInfo>> {
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", name, role, created_at, created_by, expires_at FROM api_token ORDER BY id"#
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| {
                Ok(TokenInfo {
                    id: row.id,
                    name: row.name,
                    role: word("role", &row.role)?,
                    created_at: instant(row.created_at),
                    created_by: row.created_by,
                    expires_at: row.expires_at.map(instant),
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(store_error)
    }

    async fn delete_token(&self, id: i64) -> StoreResult<bool> {
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query!("DELETE FROM api_token WHERE id = $1", id)
                    .execute(c)
                    .await?;
                Ok(gone.rows_affected() == 1)
            })
        })
        .await
    }

    async fn principal(&self, token_hash: &str, now: Timestamp) -> StoreResult<Option<Principal>> {
        let now = now.to_chrono();
        let row = sqlx::query!(
            "SELECT name, role FROM api_token WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
            token_hash,
            now
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error)?;
        row.map(|row| {
            Ok(Principal {
                name: row.name,
                role: word("role", &row.role).map_err(store_error)?,
            })
        })
        .transpose()
    }

    async fn redeem_setup(&self, code_hash: &str, token: NewToken) -> StoreResult<Option<TokenInfo>> {
        let code_hash = code_hash.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let used = sqlx::query!(
                    "DELETE FROM setting WHERE key = $1 AND value = $2",
                    SETUP_CODE,
                    code_hash
                )
                .execute(&mut *c)
                .await?;
                if used.rows_affected() == 0 {
                    return Ok(None);
                }
                insert_token(c, token).await.map(Some)
            })
        })
        .await
    }

    async fn audit(&self, entry: NewAudit) -> StoreResult<()> {
        self.write(move |c| {
            Box::pin(async move {
                let at = entry.at.to_chrono();
                sqlx::query!(
                    "INSERT INTO audit (at, by, action, subject, state_before, state_after) VALUES ($1, $2, $3, $4, $5, $6)",
                    at,
                    entry.by,
                    entry.action,
                    entry.subject,
                    entry.before,
                    entry.after
                )
                .execute(c)
                .await
                .map(drop)
            })
        })
        .await
    }

    async fn audit_log(&self, before: Option<i64>, limit: u32) -> StoreResult<Page<AuditEntry>> {
        let (before, more) = (before.unwrap_or(i64::MAX), i64::from(limit) + 1);
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", at, by, action, subject, state_before, state_after
            FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2"#,
            before,
            more
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let items = rows
            .into_iter()
            .map(|row| AuditEntry {
                id: row.id,
                entry: NewAudit {
                    at: instant(row.at),
                    by: row.by,
                    action: row.action,
                    subject: row.subject,
                    before: row.state_before,
                    after: row.state_after,
                },
            })
            .collect();
        Ok(page(items, limit, |entry: &AuditEntry| entry.id))
    }

    async fn take_key(
        &self,
        key: &str,
        request_hash: &str,
        now: Timestamp,
    ) -> StoreResult<Option<StoredReply>> {
        let (key, request_hash) = (key.to_owned(), request_hash.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let there = sqlx::query!(
                    "SELECT request_hash, status, body FROM idempotency_key WHERE key = $1",
                    key
                )
                .fetch_optional(&mut *c)
                .await?;
                if let Some(row) = there {
                    let reply = row
                        .status
                        .zip(row.body)
                        .map(|(status, body)| (status as u16, body));
                    return Ok(Some(StoredReply {
                        request_hash: row.request_hash,
                        reply,
                    }));
                }
                let now = now.to_chrono();
                sqlx::query!(
                    "INSERT INTO idempotency_key (key, request_hash, taken_at) VALUES ($1, $2, $3)",
                    key,
                    request_hash,
                    now
                )
                .execute(c)
                .await?;
                Ok(None)
            })
        })
        .await
    }

    async fn keep_reply(&self, key: &str, reply: Option<(u16, String)>) -> StoreResult<()> {
        let key = key.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                match reply {
                    Some((status, body)) => {
                        sqlx::query!(
                            "UPDATE idempotency_key SET status = $1, body = $2 WHERE key = $3",
                            i64::from(status),
                            body,
                            key
                        )
                        .execute(c)
                        .await
                    }
                    None => {
                        sqlx::query!("DELETE FROM idempotency_key WHERE key = $1", key)
                            .execute(c)
                            .await
                    }
                }
                .map(drop)
            })
        })
        .await
    }

    async fn forget_keys(&self, before: Timestamp) -> StoreResult<u64> {
        self.write(move |c| {
            Box::pin(async move {
                let before = before.to_chrono();
                let gone = sqlx::query!("DELETE FROM idempotency_key WHERE taken_at < $1", before)
                    .execute(c)
                    .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }

    async fn setting(&self, key: &str) -> StoreResult<Option<String>> {
        sqlx::query_scalar!("SELECT value FROM setting WHERE key = $1", key)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)
    }

    async fn set_setting(&self, key: &str, value: Option<&str>) -> StoreResult<()> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.write(move |c| {
            Box::pin(async move {
                match value {
                    Some(value) => {
                        sqlx::query!(
                            "INSERT INTO setting (key, value) VALUES ($1, $2)
                            ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                            key,
                            value
                        )
                        .execute(c)
                        .await
                    }
                    None => {
                        sqlx::query!("DELETE FROM setting WHERE key = $1", key)
                            .execute(c)
                            .await
                    }
                }
                .map(drop)
            })
        })
        .await
    }
}

async fn insert_token(connection: &mut PgConnection, token: NewToken) -> Result<TokenInfo, sqlx::Error> {
    let (role, at, expires) = (
        token.role.as_str(),
        token.now.to_chrono(),
        token.expires_at.map(Timestamp::to_chrono),
    );
    let id = sqlx::query_scalar!(
        "INSERT INTO api_token (name, role, hash, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id",
        token.name,
        role,
        token.hash,
        at,
        token.by,
        expires
    )
    .fetch_one(connection)
    .await?;
    Ok(TokenInfo {
        id,
        name: token.name,
        role: token.role,
        created_at: token.now,
        created_by: token.by,
        expires_at: token.expires_at,
    })
}
