//! Channels, rules and silences.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    alert::{self, Rule, Scope, Silence},
    ids::{AttemptId, RunId},
    time::Timestamp,
};
use wasmtab_store::{
    AlertStore, Channel, DeleteRefused, Delivery, DeliveryFilter, NewSilence, Page, RuleRefused, StoreResult,
    StoredRule, StoredSilence, TakeDeliveries, TakenDeliveries, TooMany, Tried,
};

use crate::{
    PostgresStore, alerts,
    convert::{instant, json, to_json},
    deliveries, store_error,
};

struct ChannelRow {
    name: String,
    url: String,
    secret: Option<String>,
    enabled: bool,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<ChannelRow> for Channel {
    fn from(row: ChannelRow) -> Self {
        Self {
            name: row.name,
            url: row.url,
            secret: row.secret,
            enabled: row.enabled,
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
        }
    }
}

struct RuleRow {
    name: String,
    scope: String,
    occasions: String,
    channel: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl TryFrom<RuleRow> for StoredRule {
    type Error = sqlx::Error;

    fn try_from(row: RuleRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            rule: Rule {
                name: row.name,
                scope: json("scope", &row.scope)?,
                on: json("occasions", &row.occasions)?,
                channel: row.channel,
            },
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
        })
    }
}

struct SilenceRow {
    id: i64,
    scope: String,
    until: DateTime<Utc>,
    note: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<SilenceRow> for StoredSilence {
    type Error = sqlx::Error;

    fn try_from(row: SilenceRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            silence: Silence {
                id: row.id,
                scope: json("scope", &row.scope)?,
                until: instant(row.until),
            },
            note: row.note,
            created_at: instant(row.created_at),
            created_by: row.created_by,
        })
    }
}

#[async_trait]
impl AlertStore for PostgresStore {
    async fn channels(&self) -> StoreResult<Vec<Channel>> {
        let rows = sqlx::query_as!(
            ChannelRow,
            r#"SELECT name, url, secret, enabled AS "enabled: bool", updated_at, updated_by FROM alert_channel
            ORDER BY name"#
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(rows.into_iter().map(Channel::from).collect())
    }

    async fn channel(&self, name: &str) -> StoreResult<Option<Channel>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        channel(&mut connection, name).await.map_err(store_error)
    }

    async fn put_channel(&self, channel: Channel) -> StoreResult<Result<Option<Channel>, TooMany>> {
        self.write_announced(move |c, effects| {
            effects.alerts = true;
            Box::pin(async move { put_channel(c, &channel).await })
        })
        .await
    }

    async fn delete_channel(&self, name: &str, now: Timestamp) -> StoreResult<Result<(), DeleteRefused>> {
        let name = name.to_owned();
        self.write_announced(move |c, effects| {
            effects.alerts = true;
            Box::pin(async move { delete_channel(c, &name, now).await })
        })
        .await
    }

    async fn rules(&self) -> StoreResult<Vec<StoredRule>> {
        let rows = sqlx::query_as!(
            RuleRow,
            "SELECT name, scope, occasions, channel, updated_at, updated_by FROM alert_rule ORDER BY name"
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| row.try_into().map_err(store_error))
            .collect()
    }

    async fn rule(&self, name: &str) -> StoreResult<Option<StoredRule>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        rule(&mut connection, name).await.map_err(store_error)
    }

    async fn put_rule(&self, rule: StoredRule) -> StoreResult<Result<Option<StoredRule>, RuleRefused>> {
        self.write(move |c| Box::pin(async move { put_rule(c, &rule).await }))
            .await
    }

    async fn delete_rule(&self, name: &str) -> StoreResult<bool> {
        let name = name.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query!("DELETE FROM alert_rule WHERE name = $1", name)
                    .execute(c)
                    .await?;
                Ok(gone.rows_affected() == 1)
            })
        })
        .await
    }

    async fn silences(&self, now: Timestamp) -> StoreResult<Vec<StoredSilence>> {
        let at = now.to_chrono();
        let rows = sqlx::query_as!(
            SilenceRow,
            r#"SELECT id AS "id!", scope, until, note, created_at, created_by FROM alert_silence
            WHERE until > $1 ORDER BY until, id"#,
            at
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| row.try_into().map_err(store_error))
            .collect()
    }

    async fn create_silence(&self, silence: NewSilence) -> StoreResult<Option<StoredSilence>> {
        self.write(move |c| Box::pin(async move { create_silence(c, silence).await }))
            .await
    }

    async fn end_silence(&self, id: i64, now: Timestamp) -> StoreResult<Option<StoredSilence>> {
        self.write(move |c| Box::pin(async move { end_silence(c, id, now).await }))
            .await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Page<Delivery>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        deliveries::list(&mut connection, filter, before, limit)
            .await
            .map_err(store_error)
    }

    async fn delivery(&self, id: i64) -> StoreResult<Option<Delivery>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        deliveries::load(&mut connection, id).await.map_err(store_error)
    }

    async fn test_channel(&self, name: &str, now: Timestamp) -> StoreResult<Option<Delivery>> {
        let (ids, name) = (self.ids.clone(), name.to_owned());
        self.write_announced(move |c, effects| {
            Box::pin(async move { deliveries::test(c, &ids, &name, now, effects).await })
        })
        .await
    }

    async fn take_deliveries(&self, take: TakeDeliveries) -> StoreResult<TakenDeliveries> {
        self.write(move |c| Box::pin(async move { deliveries::take(c, &take).await }))
            .await
    }

    async fn tried(&self, id: i64, tried: Tried, now: Timestamp) -> StoreResult<()> {
        self.write_announced(move |c, effects| {
            Box::pin(async move { deliveries::tried(c, id, &tried, now, effects).await })
        })
        .await
    }

    async fn untake_deliveries(&self, now: Timestamp) -> StoreResult<u64> {
        self.write(move |c| Box::pin(async move { deliveries::untake(c, now).await }))
            .await
    }

    async fn warn(&self, late: &[(RunId, AttemptId)], now: Timestamp) -> StoreResult<()> {
        let (ids, late) = (self.ids.clone(), late.to_vec());
        self.write_announced(move |c, effects| {
            Box::pin(async move { alerts::warn(c, &ids, &late, now, effects).await })
        })
        .await
    }

    async fn sweep_deliveries(&self, before: Timestamp, limit: u32) -> StoreResult<bool> {
        self.write(move |c| Box::pin(async move { deliveries::sweep(c, before, limit).await }))
            .await
    }
}

async fn channel(connection: &mut PgConnection, name: &str) -> Result<Option<Channel>, sqlx::Error> {
    let row = sqlx::query_as!(
        ChannelRow,
        r#"SELECT name, url, secret, enabled AS "enabled: bool", updated_at, updated_by FROM alert_channel
        WHERE name = $1"#,
        name
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Channel::from))
}

async fn put_channel(
    connection: &mut PgConnection,
    new: &Channel,
) -> Result<Result<Option<Channel>, TooMany>, sqlx::Error> {
    let before = channel(connection, &new.name).await?;
    if before.is_none() {
        let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM alert_channel"#)
            .fetch_one(&mut *connection)
            .await?;
        if count >= alert::CHANNELS as i64 {
            return Ok(Err(TooMany));
        }
    }
    let at = new.updated_at.to_chrono();
    sqlx::query!(
        "INSERT INTO alert_channel (name, url, secret, enabled, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO UPDATE SET url = excluded.url, secret = excluded.secret, enabled = excluded.enabled,
            updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        new.name,
        new.url,
        new.secret,
        new.enabled,
        at,
        new.updated_by
    )
    .execute(&mut *connection)
    .await?;
    if !new.enabled {
        deliveries::give_up(connection, &new.name, "its channel was disabled", new.updated_at).await?;
    }
    Ok(Ok(before))
}

async fn delete_channel(
    connection: &mut PgConnection,
    name: &str,
    now: Timestamp,
) -> Result<Result<(), DeleteRefused>, sqlx::Error> {
    let rules = sqlx::query_scalar!(
        "SELECT name FROM alert_rule WHERE channel = $1 ORDER BY name",
        name
    )
    .fetch_all(&mut *connection)
    .await?;
    if !rules.is_empty() {
        return Ok(Err(DeleteRefused::InUse(rules)));
    }
    let gone = sqlx::query!("DELETE FROM alert_channel WHERE name = $1", name)
        .execute(&mut *connection)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(Err(DeleteRefused::NotFound));
    }
    deliveries::give_up(connection, name, "its channel was deleted", now).await?;
    Ok(Ok(()))
}

async fn rule(connection: &mut PgConnection, name: &str) -> Result<Option<StoredRule>, sqlx::Error> {
    sqlx::query_as!(
        RuleRow,
        "SELECT name, scope, occasions, channel, updated_at, updated_by FROM alert_rule WHERE name = $1",
        name
    )
    .fetch_optional(connection)
    .await?
    .map(StoredRule::try_from)
    .transpose()
}

async fn put_rule(
    connection: &mut PgConnection,
    new: &StoredRule,
) -> Result<Result<Option<StoredRule>, RuleRefused>, sqlx::Error> {
    let Rule {
        name,
        scope,
        on,
        channel: to,
    } = &new.rule;
    if channel(connection, to).await?.is_none() {
        return Ok(Err(RuleRefused::NoChannel));
    }
    if let Scope::Job(job) = scope {
        let there = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM infra_job WHERE id = $1) AS "there!: bool""#,
            job.0
        )
        .fetch_one(&mut *connection)
        .await?;
        if !there {
            return Ok(Err(RuleRefused::NoJob));
        }
    }
    let before = rule(connection, name).await?;
    if before.is_none() {
        let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM alert_rule"#)
            .fetch_one(&mut *connection)
            .await?;
        if count >= alert::RULES as i64 {
            return Ok(Err(RuleRefused::TooMany));
        }
        if count == 0 {
            // Nobody kept these while there was no rule.
            sqlx::query!("DELETE FROM alert_failing")
                .execute(&mut *connection)
                .await?;
        }
    }
    let (scope, on, at) = (to_json(scope)?, to_json(on)?, new.updated_at.to_chrono());
    sqlx::query!(
        "INSERT INTO alert_rule (name, scope, occasions, channel, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO UPDATE SET scope = excluded.scope, occasions = excluded.occasions,
            channel = excluded.channel, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        name,
        scope,
        on,
        to,
        at,
        new.updated_by
    )
    .execute(connection)
    .await?;
    Ok(Ok(before))
}

async fn create_silence(
    connection: &mut PgConnection,
    new: NewSilence,
) -> Result<Option<StoredSilence>, sqlx::Error> {
    let (scope, until, at) = (to_json(&new.scope)?, new.until.to_chrono(), new.now.to_chrono());
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!: i64" FROM alert_silence WHERE until > $1"#,
        at
    )
    .fetch_one(&mut *connection)
    .await?;
    if count >= alert::SILENCES as i64 {
        return Ok(None);
    }
    let id = sqlx::query_scalar!(
        "INSERT INTO alert_silence (scope, until, note, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
        RETURNING id",
        scope,
        until,
        new.note,
        at,
        new.by
    )
    .fetch_one(connection)
    .await?;
    Ok(Some(StoredSilence {
        silence: Silence {
            id,
            scope: new.scope,
            until: new.until,
        },
        note: new.note,
        created_at: new.now,
        created_by: new.by,
    }))
}

async fn end_silence(
    connection: &mut PgConnection,
    id: i64,
    now: Timestamp,
) -> Result<Option<StoredSilence>, sqlx::Error> {
    let at = now.to_chrono();
    let row = sqlx::query_as!(
        SilenceRow,
        r#"SELECT id AS "id!", scope, until, note, created_at, created_by FROM alert_silence
        WHERE id = $1 AND until > $2"#,
        id,
        at
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query!("UPDATE alert_silence SET until = $1 WHERE id = $2", at, id)
        .execute(connection)
        .await?;
    let mut silence = StoredSilence::try_from(row)?;
    silence.silence.until = now;
    Ok(Some(silence))
}
