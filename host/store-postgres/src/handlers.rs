//! Handlers: the names bound to plugins, their holds and their bounds.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    plugin::{Handler, HandlerHold},
    run::Hold,
};
use wasmtab_store::{BindRequest, DeleteRefused, HoldRequest};

use crate::{
    capacity,
    convert::{instant, json, small, to_json},
    effects::Effects,
    plugins,
};

struct HandlerRow {
    name: String,
    plugin: String,
    version: Option<i64>,
    grants: String,
    revision: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
    resolved_version: Option<i64>,
    digest: Option<String>,
    secrets: Vec<String>,
    max_concurrency: Option<i64>,
    held_at: Option<DateTime<Utc>>,
    held_by: Option<String>,
    held_note: Option<String>,
}

/// A checked query for whole handlers; conditions and order are the first argument.
macro_rules! select_handlers {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            HandlerRow,
            r#"SELECT handler.name, handler.plugin, handler.version, handler.grants, handler.revision,
                handler.updated_at, handler.updated_by, version.version AS "resolved_version?", version.digest AS "digest?",
                ARRAY(
                    SELECT secret.name FROM handler_secret AS secret WHERE secret.handler = handler.name ORDER BY 1
                ) AS "secrets!",
                handler.max_concurrency, handler.held_at, handler.held_by, handler.held_note
            FROM handler
            LEFT JOIN plugin ON plugin.name = handler.plugin
            LEFT JOIN plugin_version AS version ON version.plugin = plugin.name
                AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted "#
                + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<HandlerRow> for Handler {
    type Error = sqlx::Error;

    fn try_from(row: HandlerRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.name,
            plugin: row.plugin,
            version: row.version,
            resolved_version: row.resolved_version,
            digest: row.digest,
            grants: json("grants", &row.grants)?,
            secrets: row.secrets,
            revision: row.revision,
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
            max_concurrency: row.max_concurrency.map(small),
            hold: row.held_at.map(|at| HandlerHold {
                at: instant(at),
                by: row.held_by.unwrap_or_default(),
                note: row.held_note,
            }),
        })
    }
}

/// All handlers, by name.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<Handler>, sqlx::Error> {
    let rows = select_handlers!("ORDER BY handler.name")
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Handler::try_from).collect()
}

/// One handler.
pub(crate) async fn load(connection: &mut PgConnection, name: &str) -> Result<Option<Handler>, sqlx::Error> {
    select_handlers!("WHERE handler.name = $1", name)
        .fetch_optional(connection)
        .await?
        .map(Handler::try_from)
        .transpose()
}

pub(crate) async fn bind(
    connection: &mut PgConnection,
    request: BindRequest,
    effects: &mut Effects,
) -> Result<Result<Handler, i64>, sqlx::Error> {
    let BindRequest {
        name,
        plugin,
        version,
        grants,
        secrets,
        max_concurrency,
        expected,
        by,
        now,
    } = request;
    plugins::hold(connection, &plugin).await?;
    let revision = sqlx::query_scalar!("SELECT revision FROM handler WHERE name = $1 FOR UPDATE", name)
        .fetch_optional(&mut *connection)
        .await?
        .unwrap_or(0);
    if expected.is_some_and(|expected| expected != revision) {
        return Ok(Err(revision));
    }
    // One count over all handlers, so that a name that was unbound and bound again never repeats a revision.
    let next = sqlx::query_scalar!(
        r#"INSERT INTO setting (key, value) VALUES ('handlerRevision', '1')
        ON CONFLICT (key) DO UPDATE SET value = (setting.value::bigint + 1)::text
        RETURNING value::bigint AS "revision!""#
    )
    .fetch_one(&mut *connection)
    .await?;
    let (grants, at) = (to_json(&grants)?, now.to_chrono());
    sqlx::query!(
        "INSERT INTO handler (name, plugin, version, grants, revision, updated_at, updated_by, max_concurrency)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (name) DO UPDATE SET plugin = excluded.plugin, version = excluded.version,
            grants = excluded.grants, revision = excluded.revision, updated_at = excluded.updated_at,
            updated_by = excluded.updated_by, max_concurrency = excluded.max_concurrency",
        name,
        plugin,
        version,
        grants,
        next,
        at,
        by,
        max_concurrency.map(i64::from)
    )
    .execute(&mut *connection)
    .await?;
    if max_concurrency.is_none() {
        capacity::let_go(connection, &name, Hold::Capacity).await?;
    }
    // Where there is more room than before, the next claim finds it.
    effects.queue = true;
    for (secret, value) in secrets {
        match value {
            Some(value) => {
                sqlx::query!(
                    "INSERT INTO handler_secret (handler, name, value) VALUES ($1, $2, $3)
                    ON CONFLICT (handler, name) DO UPDATE SET value = excluded.value",
                    name,
                    secret,
                    value
                )
                .execute(&mut *connection)
                .await?;
            }
            None => {
                sqlx::query!(
                    "DELETE FROM handler_secret WHERE handler = $1 AND name = $2",
                    name,
                    secret
                )
                .execute(&mut *connection)
                .await?;
            }
        }
    }
    let row = select_handlers!("WHERE handler.name = $1", name)
        .fetch_one(connection)
        .await?;
    Ok(Ok(row.try_into()?))
}

/// Lays a hold over a handler. Runs that are due are marked when the next claim meets them.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    name: &str,
    request: HoldRequest,
    effects: &mut Effects,
) -> Result<Option<Handler>, sqlx::Error> {
    let at = request.now.to_chrono();
    sqlx::query!(
        "UPDATE handler SET held_at = $1, held_by = $2, held_note = $3 WHERE name = $4",
        at,
        request.by,
        request.note,
        name
    )
    .execute(&mut *connection)
    .await?;
    effects.queue = true;
    load(connection, name).await
}

/// Lifts the hold of a handler.
pub(crate) async fn release(
    connection: &mut PgConnection,
    name: &str,
    effects: &mut Effects,
) -> Result<Option<Handler>, sqlx::Error> {
    sqlx::query!(
        "UPDATE handler SET held_at = NULL, held_by = NULL, held_note = NULL WHERE name = $1",
        name
    )
    .execute(&mut *connection)
    .await?;
    capacity::let_go(connection, name, Hold::Handler).await?;
    effects.queue = true;
    load(connection, name).await
}

/// Removes a binding. What waited for it goes on, and finds nobody who answers.
pub(crate) async fn unbind(
    connection: &mut PgConnection,
    name: &str,
    effects: &mut Effects,
) -> Result<Result<(), DeleteRefused>, sqlx::Error> {
    sqlx::query!("DELETE FROM handler_secret WHERE handler = $1", name)
        .execute(&mut *connection)
        .await?;
    let gone = sqlx::query!("DELETE FROM handler WHERE name = $1", name)
        .execute(&mut *connection)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(Err(DeleteRefused::NotFound));
    }
    // A name without a row has neither hold nor bound, so that no claim would let these go.
    for hold in [Hold::Handler, Hold::Capacity] {
        capacity::let_go(connection, name, hold).await?;
    }
    effects.queue = true;
    Ok(Ok(()))
}
