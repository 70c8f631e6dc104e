//! Deliveries: taken to be tried, and what became of each try.

use sqlx::SqliteConnection;
use wasmtab_domain::{
    alert::{DeliveryStatus, Event, Message},
    ids::{IdSource, JobId, RunId},
    time::Timestamp,
};
use wasmtab_store::{
    Channel, Delivery, DeliveryFilter, Page, TakeDeliveries, TakenDeliveries, TakenDelivery, Tried,
};

use crate::{
    Memory,
    convert::{instant, small, to_json, word},
    effects::Effects,
    reads::page,
};

struct Row {
    id: i64,
    channel: String,
    event: String,
    run_id: Option<i64>,
    job_id: Option<i64>,
    job_name: Option<String>,
    body: String,
    status: String,
    tries: i64,
    created_at: i64,
    next_at: Option<i64>,
    ended_at: Option<i64>,
    answer: Option<i64>,
    error: Option<String>,
    silenced_by: Option<i64>,
}

/// A checked query for whole deliveries; what follows `FROM alert_delivery` is the first argument.
macro_rules! select_deliveries {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id AS "id!", channel, event, run_id, job_id, job_name, body, status, tries, created_at, next_at,
                ended_at, answer, error, silenced_by
            FROM alert_delivery "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<Row> for Delivery {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            channel: row.channel,
            event: word("event", &row.event)?,
            run_id: row.run_id.map(RunId),
            job_id: row.job_id.map(JobId),
            job_name: row.job_name,
            body: row.body,
            status: word("status", &row.status)?,
            tries: small(row.tries),
            created_at: instant(row.created_at),
            next_at: row.next_at.map(instant),
            ended_at: row.ended_at.map(instant),
            answer: row.answer.and_then(|answer| u16::try_from(answer).ok()),
            error: row.error,
            silenced_by: row.silenced_by,
        })
    }
}

pub(crate) async fn list(
    connection: &mut SqliteConnection,
    filter: &DeliveryFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Page<Delivery>, sqlx::Error> {
    let (before, more) = (before.unwrap_or(i64::MAX), i64::from(limit) + 1);
    let (status, job) = (
        filter.status.map(DeliveryStatus::as_str),
        filter.job_id.map(|job| job.0),
    );
    let rows = select_deliveries!(
        "WHERE id < ?1 AND (?2 IS NULL OR channel = ?2) AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR job_id = ?4)
        ORDER BY id DESC LIMIT ?5",
        before,
        filter.channel,
        status,
        job,
        more
    )
    .fetch_all(connection)
    .await?;
    let items = rows
        .into_iter()
        .map(Delivery::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(page(items, limit, |delivery| delivery.id))
}

pub(crate) async fn load(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<Delivery>, sqlx::Error> {
    select_deliveries!("WHERE id = ?", id)
        .fetch_optional(connection)
        .await?
        .map(Delivery::try_from)
        .transpose()
}

/// Writes a delivery that only tries a channel.
pub(crate) async fn test(
    connection: &mut SqliteConnection,
    memory: &Memory,
    channel: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Option<Delivery>, sqlx::Error> {
    let id = memory.next(now);
    let message = Message {
        event: Event::Test,
        at: now,
        job: None,
        attempt: None,
        status: None,
        failing: None,
        warn_after: None,
    };
    let (body, at) = (to_json(&message.body(id, &[]))?, now.as_micros());
    let (event, status) = (Event::Test.as_str(), DeliveryStatus::Pending.as_str());
    sqlx::query!(
        "INSERT INTO alert_delivery (id, channel, event, body, status, created_at, next_at)
        SELECT ?1, name, ?3, ?4, ?5, ?6, ?6 FROM alert_channel WHERE name = ?2 AND enabled",
        id,
        channel,
        event,
        body,
        status,
        at
    )
    .execute(&mut *connection)
    .await?;
    effects.alerts = true;
    load(connection, id).await
}

/// Takes deliveries that are due; each counts as a try.
pub(crate) async fn take(
    connection: &mut SqliteConnection,
    take: &TakeDeliveries,
) -> Result<TakenDeliveries, sqlx::Error> {
    let (now, lease) = (take.now.as_micros(), take.lease_until.as_micros());
    let busy = to_json(&take.busy)?;
    let rows = sqlx::query!(
        r#"SELECT delivery.id AS "id!: i64", delivery.event, delivery.body, delivery.tries, channel.name, channel.url,
            channel.secret, channel.updated_at, channel.updated_by
        FROM alert_channel AS channel
        CROSS JOIN alert_delivery AS delivery ON delivery.id IN (
            SELECT id FROM alert_delivery
            WHERE channel = channel.name AND status = 'pending' AND next_at <= ?1 ORDER BY next_at, id LIMIT ?2
        )
        WHERE channel.enabled AND channel.name NOT IN (SELECT value FROM json_each(?3))
        ORDER BY delivery.next_at, delivery.id LIMIT ?4"#,
        now,
        take.per_channel,
        busy,
        take.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut taken = TakenDeliveries::default();
    for row in rows {
        let event: Event = word("event", &row.event)?;
        taken.deliveries.push(TakenDelivery {
            id: row.id,
            channel: Channel {
                name: row.name,
                url: row.url,
                secret: row.secret,
                enabled: true,
                updated_at: instant(row.updated_at),
                updated_by: row.updated_by,
            },
            body: row.body,
            tries: small(row.tries) + 1,
            is_test: event == Event::Test,
        });
    }
    if !taken.deliveries.is_empty() {
        let ids: Vec<_> = taken.deliveries.iter().map(|delivery| delivery.id).collect();
        let ids = to_json(&ids)?;
        sqlx::query!(
            "UPDATE alert_delivery SET tries = tries + 1, next_at = ?, taken = 1
            WHERE id IN (SELECT value FROM json_each(?))",
            lease,
            ids
        )
        .execute(&mut *connection)
        .await?;
    }
    // A look into the index for each channel: the deliveries that wait may be very many.
    let next = sqlx::query_scalar!(
        r#"SELECT min((
            SELECT min(next_at) FROM alert_delivery WHERE channel = channel.name AND status = 'pending'
        )) AS "at?: i64"
        FROM alert_channel AS channel WHERE enabled AND name NOT IN (SELECT value FROM json_each(?))"#,
        busy
    )
    .fetch_one(connection)
    .await?;
    taken.next_at = next.map(instant);
    Ok(taken)
}

/// Writes what became of a try. One that ended meanwhile, because its channel did, stays as it is.
pub(crate) async fn tried(
    connection: &mut SqliteConnection,
    id: i64,
    tried: &Tried,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let status = match (&tried.error, tried.again_at) {
        (None, _) => DeliveryStatus::Delivered,
        (Some(_), Some(_)) => DeliveryStatus::Pending,
        (Some(_), None) => DeliveryStatus::Failed,
    };
    let goes_on = status == DeliveryStatus::Pending;
    let next = tried.again_at.filter(|_| goes_on).map(Timestamp::as_micros);
    let ended = (!goes_on).then_some(now.as_micros());
    let (status, answer) = (status.as_str(), tried.answer.map(i64::from));
    sqlx::query!(
        "UPDATE alert_delivery SET status = ?2, next_at = ?3, ended_at = ?4, answer = ?5, error = ?6, taken = 0
        WHERE id = ?1 AND status = 'pending'",
        id,
        status,
        next,
        ended,
        answer,
        tried.error
    )
    .execute(connection)
    .await?;
    effects.alerts = true;
    Ok(())
}

/// Lets what a dead process took be taken at once.
pub(crate) async fn untake(connection: &mut SqliteConnection, now: Timestamp) -> Result<u64, sqlx::Error> {
    let now = now.as_micros();
    let untaken = sqlx::query!(
        "UPDATE alert_delivery SET next_at = ?, taken = 0 WHERE status = 'pending' AND taken = 1",
        now
    )
    .execute(connection)
    .await?;
    Ok(untaken.rows_affected())
}

/// Gives up what waits for a channel.
pub(crate) async fn give_up(
    connection: &mut SqliteConnection,
    channel: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (now, failed) = (now.as_micros(), DeliveryStatus::Failed.as_str());
    sqlx::query!(
        "UPDATE alert_delivery SET status = ?1, next_at = NULL, ended_at = ?2, error = ?3, taken = 0
        WHERE channel = ?4 AND status = 'pending'",
        failed,
        now,
        reason,
        channel
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what ended long ago.
pub(crate) async fn sweep(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<bool, sqlx::Error> {
    // Ids rise with time, so that age needs no index of its own.
    let (floor, before) = (IdSource::floor_at(before), before.as_micros());
    let gone = sqlx::query!(
        "DELETE FROM alert_delivery WHERE id IN (
            SELECT id FROM alert_delivery WHERE id < ? AND status <> 'pending' ORDER BY id LIMIT ?
        )",
        floor,
        limit
    )
    .execute(&mut *connection)
    .await?
    .rows_affected();
    sqlx::query!("DELETE FROM alert_silence WHERE until < ?", before)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "DELETE FROM alert_failing WHERE NOT EXISTS (SELECT 1 FROM infra_job WHERE infra_job.id = alert_failing.job_id)"
    )
    .execute(connection)
    .await?;
    Ok(gone >= u64::from(limit))
}
