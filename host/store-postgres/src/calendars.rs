//! Calendars, and the jobs that name them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::job::{Blackout, Calendars, JobSpec};
use wasmtab_store::{Calendar, CalendarStore, DeleteRefused, StoreResult};

use crate::{
    PostgresStore,
    convert::{instant, json, to_json},
    store_error,
};

/// The jobs that a refused deletion names.
const NAMED: u32 = 20;

struct Row {
    name: String,
    windows: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl TryFrom<Row> for Calendar {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.name,
            windows: json("windows", &row.windows)?,
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
        })
    }
}

#[async_trait]
impl CalendarStore for PostgresStore {
    async fn calendars(&self) -> StoreResult<Vec<Calendar>> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT name, windows, updated_at, updated_by FROM calendar ORDER BY name"
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| row.try_into().map_err(store_error))
            .collect()
    }

    async fn calendar(&self, name: &str) -> StoreResult<Option<Calendar>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        load(&mut connection, name).await.map_err(store_error)
    }

    async fn calendars_named(&self, names: &BTreeSet<String>) -> StoreResult<Calendars> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        let names = names.iter().map(String::as_str).collect();
        named(&mut connection, &names).await.map_err(store_error)
    }

    async fn put_calendar(&self, calendar: Calendar) -> StoreResult<Option<Calendar>> {
        self.write(move |c| Box::pin(async move { put(c, &calendar).await }))
            .await
    }

    async fn delete_calendar(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>> {
        let name = name.to_owned();
        self.write(move |c| Box::pin(async move { delete(c, &name).await }))
            .await
    }

    async fn jobs_of_calendar(&self, name: &str, limit: u32) -> StoreResult<Vec<String>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        users(&mut connection, name, limit).await.map_err(store_error)
    }
}

/// The windows of those of these calendars that there are.
pub(crate) async fn named(
    connection: &mut PgConnection,
    names: &BTreeSet<&str>,
) -> Result<Calendars, sqlx::Error> {
    if names.is_empty() {
        return Ok(Calendars::new());
    }
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!("SELECT name, windows FROM calendar WHERE name = ANY($1)", &names)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.name, json("windows", &row.windows)?)))
        .collect()
}

/// A calendar that the job names and that is not there.
pub(crate) async fn missing(
    connection: &mut PgConnection,
    spec: &JobSpec,
) -> Result<Option<String>, sqlx::Error> {
    let names: BTreeSet<_> = spec.blackouts.iter().filter_map(Blackout::calendar).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let names: Vec<_> = names.into_iter().map(ToOwned::to_owned).collect();
    let missing = sqlx::query_scalar!(
        r#"SELECT wanted.name AS "name!" FROM UNNEST($1::text[]) WITH ORDINALITY AS wanted (name, position)
        WHERE NOT EXISTS (SELECT 1 FROM calendar WHERE calendar.name = wanted.name) ORDER BY position LIMIT 1"#,
        &names
    )
    .fetch_optional(connection)
    .await?;
    Ok(missing)
}

async fn load(connection: &mut PgConnection, name: &str) -> Result<Option<Calendar>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT name, windows, updated_at, updated_by FROM calendar WHERE name = $1",
        name
    )
    .fetch_optional(connection)
    .await?
    .map(Calendar::try_from)
    .transpose()
}

async fn put(connection: &mut PgConnection, calendar: &Calendar) -> Result<Option<Calendar>, sqlx::Error> {
    let before = load(connection, &calendar.name).await?;
    let (windows, at) = (to_json(&calendar.windows)?, calendar.updated_at.to_chrono());
    sqlx::query!(
        "INSERT INTO calendar (name, windows, updated_at, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET windows = excluded.windows, updated_at = excluded.updated_at,
            updated_by = excluded.updated_by",
        calendar.name,
        windows,
        at,
        calendar.updated_by
    )
    .execute(connection)
    .await?;
    Ok(before)
}

async fn delete(connection: &mut PgConnection, name: &str) -> Result<Result<(), DeleteRefused>, sqlx::Error> {
    let jobs = users(connection, name, NAMED).await?;
    if !jobs.is_empty() {
        return Ok(Err(DeleteRefused::InUse(jobs)));
    }
    let gone = sqlx::query!("DELETE FROM calendar WHERE name = $1", name)
        .execute(connection)
        .await?;
    Ok(if gone.rows_affected() == 1 {
        Ok(())
    } else {
        Err(DeleteRefused::NotFound)
    })
}

async fn users(connection: &mut PgConnection, name: &str, limit: u32) -> Result<Vec<String>, sqlx::Error> {
    // The calendars that a job names are the texts of its list; windows of its own are objects.
    sqlx::query_scalar!(
        "SELECT name FROM infra_job WHERE blackouts <> '[]' AND blackouts::jsonb @> to_jsonb($1::text)
        ORDER BY name LIMIT $2",
        name,
        i64::from(limit)
    )
    .fetch_all(connection)
    .await
}
