//! Plugins, their versions and bytes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    plugin::{Description, Handler, Plugin, PluginVersion},
    time::Timestamp,
};
use wasmtab_store::{
    Activation, BindRequest, DeleteRefused, Hint, HoldRequest, NewVersion, PluginStore, Pushed, StoreResult,
};

use crate::{
    PostgresStore,
    convert::{instant, json, to_json},
    handlers, store_error,
};

struct VersionRow {
    plugin: String,
    version: i64,
    label: Option<String>,
    facts: String,
    description: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
}

/// A checked query for whole versions that were not removed; further conditions are the first argument.
macro_rules! select_versions {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            VersionRow,
            r#"SELECT plugin, version AS "version!", label, facts, description, created_at, created_by FROM plugin_version
            WHERE NOT deleted AND "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<VersionRow> for PluginVersion {
    type Error = sqlx::Error;

    fn try_from(row: VersionRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            plugin: row.plugin,
            version: row.version,
            label: row.label,
            facts: json("facts", &row.facts)?,
            description: row
                .description
                .map(|description| json("description", &description))
                .transpose()?,
            created_at: instant(row.created_at),
            created_by: row.created_by,
        })
    }
}

#[async_trait]
impl PluginStore for PostgresStore {
    async fn push_version(&self, version: NewVersion) -> StoreResult<Pushed> {
        self.write(move |c| Box::pin(async move { push(c, version).await }))
            .await
    }

    async fn plugins(&self) -> StoreResult<Vec<Plugin>> {
        let rows = sqlx::query!(
            r#"SELECT name, active_version, created_at,
                (SELECT max(version) FROM plugin_version WHERE plugin = plugin.name) AS "latest!: i64"
            FROM plugin ORDER BY name"#
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows
            .into_iter()
            .map(|row| Plugin {
                name: row.name,
                active_version: row.active_version,
                latest_version: row.latest,
                created_at: instant(row.created_at),
            })
            .collect())
    }

    async fn plugin(&self, name: &str) -> StoreResult<Option<Plugin>> {
        Ok(self
            .plugins()
            .await?
            .into_iter()
            .find(|plugin| plugin.name == name))
    }

    async fn versions(&self, plugin: &str) -> StoreResult<Vec<PluginVersion>> {
        let rows = select_versions!("plugin = $1 ORDER BY version DESC", plugin)
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?;
        rows.into_iter()
            .map(|row| row.try_into().map_err(store_error))
            .collect()
    }

    async fn version(&self, plugin: &str, version: i64) -> StoreResult<Option<PluginVersion>> {
        let row = select_versions!("plugin = $1 AND version = $2", plugin, version)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        row.map(|row| row.try_into().map_err(store_error)).transpose()
    }

    async fn activate(
        &self,
        plugin: &str,
        version: i64,
        description: &Description,
        by: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let description = to_json(description).map_err(store_error)?;
        let (plugin, by) = (plugin.to_owned(), by.to_owned());
        let activated = self
            .write(move |c| {
                Box::pin(async move {
                    hold(c, &plugin).await?;
                    let there = sqlx::query!(
                        "UPDATE plugin_version SET description = $1 WHERE plugin = $2 AND version = $3 AND NOT deleted",
                        description,
                        plugin,
                        version
                    )
                    .execute(&mut *c)
                    .await?;
                    if there.rows_affected() == 0 {
                        return Ok(false);
                    }
                    let changed = sqlx::query!(
                        "UPDATE plugin SET active_version = $1 WHERE name = $2 AND active_version IS DISTINCT FROM $1",
                        version,
                        plugin
                    )
                    .execute(&mut *c)
                    .await?;
                    if changed.rows_affected() == 1 {
                        let at = now.to_chrono();
                        sqlx::query!(
                            "INSERT INTO plugin_activation (plugin, version, activated_at, activated_by)
                            VALUES ($1, $2, $3, $4)",
                            plugin,
                            version,
                            at,
                            by
                        )
                        .execute(c)
                        .await?;
                    }
                    Ok(true)
                })
            })
            .await?;
        self.announce(Hint::Handlers);
        Ok(activated)
    }

    async fn activations(&self, plugin: &str) -> StoreResult<Vec<Activation>> {
        let rows = sqlx::query!(
            "SELECT version, activated_at, activated_by FROM plugin_activation WHERE plugin = $1 ORDER BY id DESC",
            plugin
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows
            .into_iter()
            .map(|row| Activation {
                plugin: plugin.to_owned(),
                version: row.version,
                activated_at: instant(row.activated_at),
                activated_by: row.activated_by,
            })
            .collect())
    }

    async fn delete_version(&self, plugin: &str, version: i64) -> StoreResult<Result<(), DeleteRefused>> {
        let plugin = plugin.to_owned();
        self.write(move |c| Box::pin(async move { delete_version(c, &plugin, version).await }))
            .await
    }

    async fn content(&self, digest: &str) -> StoreResult<Option<Vec<u8>>> {
        sqlx::query_scalar!("SELECT content FROM plugin_content WHERE digest = $1", digest)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)
    }

    async fn handlers(&self) -> StoreResult<Vec<Handler>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        handlers::all(&mut connection).await.map_err(store_error)
    }

    async fn handler(&self, name: &str) -> StoreResult<Option<Handler>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        handlers::load(&mut connection, name).await.map_err(store_error)
    }

    async fn bind(&self, request: BindRequest) -> StoreResult<Result<Handler, i64>> {
        let bound = self
            .write_announced(move |c, effects| {
                Box::pin(async move { handlers::bind(c, request, effects).await })
            })
            .await?;
        self.announce(Hint::Handlers);
        Ok(bound)
    }

    async fn hold_handler(&self, name: &str, request: HoldRequest) -> StoreResult<Option<Handler>> {
        let name = name.to_owned();
        let held = self
            .write_announced(move |c, effects| {
                Box::pin(async move { handlers::hold(c, &name, request, effects).await })
            })
            .await?;
        self.announce(Hint::Handlers);
        Ok(held)
    }

    async fn release_handler(&self, name: &str) -> StoreResult<Option<Handler>> {
        let name = name.to_owned();
        let released = self
            .write_announced(move |c, effects| {
                Box::pin(async move { handlers::release(c, &name, effects).await })
            })
            .await?;
        self.announce(Hint::Handlers);
        Ok(released)
    }

    async fn unbind(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>> {
        let name = name.to_owned();
        let unbound = self
            .write_announced(move |c, effects| {
                Box::pin(async move { handlers::unbind(c, &name, effects).await })
            })
            .await?;
        self.announce(Hint::Handlers);
        Ok(unbound)
    }

    async fn secrets(&self, handler: &str) -> StoreResult<Vec<(String, String)>> {
        let rows = sqlx::query!(
            "SELECT name, value FROM handler_secret WHERE handler = $1",
            handler
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
    }

    async fn jobs_of_handler(&self, handler: &str, limit: u32) -> StoreResult<Vec<String>> {
        sqlx::query_scalar!(
            "SELECT name FROM infra_job WHERE handler_name = $1 ORDER BY id LIMIT $2",
            handler,
            i64::from(limit)
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)
    }
}

async fn push(connection: &mut PgConnection, new: NewVersion) -> Result<Pushed, sqlx::Error> {
    let NewVersion {
        plugin,
        label,
        facts,
        content,
        by,
        now,
    } = new;
    // The plugin's row is held from here on: its versions count without a gap.
    let at = now.to_chrono();
    sqlx::query!(
        "INSERT INTO plugin (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        plugin,
        at
    )
    .execute(&mut *connection)
    .await?;
    hold(connection, &plugin).await?;
    let same = select_versions!("plugin = $1 AND digest = $2", plugin, facts.digest)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = same {
        return Ok(Pushed::Existing(row.try_into()?));
    }
    if let Some(label) = &label {
        let taken = select_versions!("plugin = $1 AND label = $2", plugin, label)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = taken {
            return Ok(Pushed::LabelTaken(row.version));
        }
    }
    let version = sqlx::query_scalar!(
        r#"SELECT coalesce(max(version), 0) + 1 AS "version!: i64" FROM plugin_version WHERE plugin = $1"#,
        plugin
    )
    .fetch_one(&mut *connection)
    .await?;
    let facts_json = to_json(&facts)?;
    sqlx::query!(
        "INSERT INTO plugin_version (plugin, version, label, digest, facts, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
        plugin,
        version,
        label,
        facts.digest,
        facts_json,
        at,
        by
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO plugin_content (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        facts.digest,
        content
    )
    .execute(connection)
    .await?;
    Ok(Pushed::Created(PluginVersion {
        plugin,
        version,
        label,
        facts,
        description: None,
        created_at: now,
        created_by: by,
    }))
}

/// Holds a plugin until the transaction ends, so that what resolves to its versions is decided by one process at a time.
pub(crate) async fn hold(connection: &mut PgConnection, plugin: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT name FROM plugin WHERE name = $1 FOR UPDATE", plugin)
        .fetch_optional(connection)
        .await
        .map(drop)
}

async fn delete_version(
    connection: &mut PgConnection,
    plugin: &str,
    version: i64,
) -> Result<Result<(), DeleteRefused>, sqlx::Error> {
    hold(connection, plugin).await?;
    let Some(row) = select_versions!("plugin = $1 AND version = $2", plugin, version)
        .fetch_optional(&mut *connection)
        .await?
    else {
        return Ok(Err(DeleteRefused::NotFound));
    };
    let mut users = sqlx::query_scalar!(
        "SELECT handler.name FROM handler JOIN plugin ON plugin.name = handler.plugin
        WHERE handler.plugin = $1 AND coalesce(handler.version, plugin.active_version) = $2 ORDER BY handler.name",
        plugin,
        version
    )
    .fetch_all(&mut *connection)
    .await?;
    let active = sqlx::query_scalar!("SELECT active_version FROM plugin WHERE name = $1", plugin)
        .fetch_one(&mut *connection)
        .await?;
    if active == Some(version) && users.is_empty() {
        users.push(format!("{plugin} (it is the active version)"));
    }
    if !users.is_empty() {
        return Ok(Err(DeleteRefused::InUse(users)));
    }
    let digest = PluginVersion::try_from(row)?.facts.digest;
    sqlx::query!(
        "UPDATE plugin_version SET deleted = true, label = NULL WHERE plugin = $1 AND version = $2",
        plugin,
        version
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM plugin_content WHERE digest = $1
            AND NOT EXISTS (SELECT 1 FROM plugin_version WHERE digest = $1 AND NOT deleted)",
        digest
    )
    .execute(connection)
    .await?;
    Ok(Ok(()))
}
