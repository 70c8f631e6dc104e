//! Claiming: token, owner and the log's row are committed before anything of an attempt starts.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    fairness::{self, Due},
    ids::{AttemptId, BootId, JobId, RunId},
    run::{Binding, Claim, Outcome, RunPolicy, Shard},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::{ClaimRequest, Claimed};

use crate::{
    Ids, alerts,
    capacity::{self, Capacity},
    convert::{instant, json, signed, small, word},
    decode_error,
    effects::Effects,
    finish,
};

/// Looks of one claim that may meet nothing but runs that are kept back, before the caller has to ask again.
const LOOKS: usize = 8;
/// When to look again at runs that another process has just locked.
const BUSY: Duration = Duration::from_millis(20);

/// Takes what is due: the higher priority first, the oldest first within one.
pub(crate) async fn claim_due(
    connection: &mut PgConnection,
    ids: &Ids,
    request: &ClaimRequest,
    effects: &mut Effects,
) -> Result<Claimed, sqlx::Error> {
    if is_declared_dead(connection, request.boot_id).await? {
        return Ok(Claimed::default());
    }
    finish::expire_pending(connection, ids, request.now, effects).await?;
    alerts::warn_pending(connection, ids, request.now, effects).await?;
    let mut capacity = Capacity::load(connection).await?;
    capacity.let_in(connection, request.now, request.limit).await?;
    let (mut claims, mut met) = (Vec::new(), false);
    let mut due = due_levels(connection).await?;
    for _ in 0..LOOKS {
        let limit = request.limit as usize - claims.len();
        let chosen = choose(connection, &due, request, limit).await?;
        if chosen.is_empty() {
            break;
        }
        met = true;
        let (taken, kept_back) = load(connection, ids, request, &chosen, &mut capacity).await?;
        write(connection, request, &taken).await?;
        capacity::keep_back(connection, &kept_back).await?;
        claims.extend(taken);
        due = due_levels(connection).await?;
        if kept_back.is_empty() || claims.len() == request.limit as usize {
            break;
        }
    }
    let pending = sqlx::query!(
        r#"SELECT (SELECT min(pending_until) FROM run WHERE pending_until IS NOT NULL) AS "until?: DateTime<Utc>",
            (SELECT min(warn_at) FROM run WHERE warn_at IS NOT NULL) AS "warn_at?: DateTime<Utc>""#
    )
    .fetch_one(connection)
    .await?;
    let next_due_at = due
        .iter()
        .map(|level| level.since)
        .chain(pending.until)
        .chain(pending.warn_at)
        .min()
        .map(instant);
    // What is due and was not met is another process's at this moment.
    let elsewhere = |at: Timestamp| if met { at } else { at.max(request.now.plus(BUSY)) };
    Ok(Claimed {
        claims,
        next_due_at: next_due_at.map(elsewhere),
    })
}

/// Whether others have taken this process for dead: it claims nothing until it has entered itself anew.
async fn is_declared_dead(connection: &mut PgConnection, boot_id: BootId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM node WHERE boot_id = $1 AND stopped_at IS NOT NULL) AS "dead!""#,
        boot_id.0
    )
    .fetch_one(connection)
    .await
}

/// Runs of one priority that wait.
struct Level {
    priority: i64,
    /// When the oldest of them is due.
    since: DateTime<Utc>,
}

/// The priorities that runs wait with, the highest first: one step in the index each.
async fn due_levels(connection: &mut PgConnection) -> Result<Vec<Level>, sqlx::Error> {
    sqlx::query_as!(
        Level,
        r#"WITH RECURSIVE level (priority) AS (
            SELECT max(priority) FROM run WHERE state <> 'running' AND hold IS NULL
            UNION ALL
            SELECT (
                SELECT max(priority) FROM run
                WHERE state <> 'running' AND hold IS NULL AND run.priority < level.priority
            ) FROM level WHERE level.priority IS NOT NULL
        )
        SELECT priority AS "priority!: i64", (
            SELECT min(due_at) FROM run
            WHERE state <> 'running' AND hold IS NULL AND run.priority = level.priority
        ) AS "since!: DateTime<Utc>"
        FROM level WHERE priority IS NOT NULL"#
    )
    .fetch_all(connection)
    .await
}

async fn choose(
    connection: &mut PgConnection,
    levels: &[Level],
    request: &ClaimRequest,
    limit: usize,
) -> Result<Vec<RunId>, sqlx::Error> {
    let (now, most) = (request.now.to_chrono(), signed(limit as u64));
    let mut due = Vec::new();
    for level in levels.iter().filter(|level| level.since <= now) {
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", due_at FROM run
            WHERE state <> 'running' AND hold IS NULL AND priority = $1 AND due_at <= $2
            ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED"#,
            level.priority,
            now,
            most
        )
        .fetch_all(&mut *connection)
        .await?;
        due.push(
            rows.into_iter()
                .map(|row| Due {
                    run_id: RunId(row.id),
                    due_at: instant(row.due_at),
                })
                .collect::<Vec<_>>(),
        );
    }
    Ok(fairness::choose(&due, limit, request.by_age as usize))
}

/// The chosen runs as claims, and those whose handler has no place for them.
async fn load(
    connection: &mut PgConnection,
    ids: &Ids,
    request: &ClaimRequest,
    chosen: &[RunId],
    capacity: &mut Capacity,
) -> Result<(Vec<Claim>, Vec<(i64, &'static str)>), sqlx::Error> {
    let chosen: Vec<_> = chosen.iter().map(|run| run.0).collect();
    // The binding is looked up here, in the claim's own transaction: what the row names is what the name meant.
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.job_id, run.job_name, run.handler_name, run.run_trigger, run.scheduled_at,
            run.due_at, run.attempts, run.shard_index, run.shard_count, run.upstream,
            coalesce(run.policy, revision.policy) AS "policy: String",
            coalesce(run.handler_param, revision.spec ->> 'handlerParam', '') AS "param!: String",
            coalesce(revision.spec ->> 'timezone', 'UTC') AS "zone!: String",
            version.plugin AS "plugin?: String", version.version AS "version?: i64", version.digest AS "digest?: String",
            handler.revision AS "handler_revision?: i64",
            first.plugin AS "first_plugin?: String", first.plugin_version AS "first_version?: i64",
            first.digest AS "first_digest?: String"
        FROM UNNEST($1::bigint[]) WITH ORDINALITY AS chosen (id, position)
        JOIN run ON run.id = chosen.id
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN handler ON handler.name = run.handler_name
        LEFT JOIN plugin ON plugin.name = handler.plugin
        LEFT JOIN plugin_version AS version ON version.plugin = plugin.name
            AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted
        LEFT JOIN infra_job_log AS first ON run.attempts > 0 AND first.id = run.id
        ORDER BY chosen.position"#,
        &chosen
    )
    .fetch_all(connection)
    .await?;
    let mut claims = Vec::with_capacity(rows.len());
    let mut kept_back = Vec::new();
    for row in rows {
        if let Some(hold) = capacity.take(&row.handler_name) {
            kept_back.push((row.id, hold.as_str()));
            continue;
        }
        let run_id = RunId(row.id);
        let policy = row
            .policy
            .ok_or_else(|| decode_error("policy", "neither run nor revision has one"))?;
        let policy: Arc<RunPolicy> = Arc::new(json("policy", &policy)?);
        let current = binding(row.plugin, row.version, row.digest, row.handler_revision).map(Arc::new);
        let first = binding(
            row.first_plugin,
            row.first_version,
            row.first_digest,
            // The grants are those of the present, which the policy adds.
            Some(0),
        );
        claims.push(Claim {
            attempt_id: if row.attempts == 0 {
                run_id.first_attempt()
            } else {
                AttemptId(ids.next(request.now))
            },
            run_id,
            execute_index: small(row.attempts) + 1,
            job_id: row.job_id.map(JobId),
            job_name: row.job_name,
            timezone: word("timezone", &row.zone)?,
            handler_name: row.handler_name,
            handler_param: row.param,
            trigger: word("run_trigger", &row.run_trigger)?,
            scheduled_at: instant(row.scheduled_at),
            due_at: instant(row.due_at),
            binding: policy.binding(current.as_ref(), first),
            policy,
            shard: Shard {
                index: small(row.shard_index),
                count: small(row.shard_count),
            },
            upstream: row
                .upstream
                .map(|upstream| json("upstream", &upstream))
                .transpose()?,
        });
    }
    Ok((claims, kept_back))
}

fn binding(
    plugin: Option<String>,
    version: Option<i64>,
    digest: Option<String>,
    handler_revision: Option<i64>,
) -> Option<Binding> {
    Some(Binding {
        plugin: plugin?,
        version: version?,
        digest: digest?,
        handler_revision: handler_revision?,
    })
}

async fn write(
    connection: &mut PgConnection,
    request: &ClaimRequest,
    claims: &[Claim],
) -> Result<(), sqlx::Error> {
    if claims.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::default();
    for claim in claims {
        let binding = claim.binding.as_ref();
        rows.run.push(claim.run_id.0);
        rows.attempt.push(claim.attempt_id.0);
        rows.param.push(&claim.handler_param);
        rows.plugin.push(binding.map(|binding| binding.plugin.as_str()));
        rows.version.push(binding.map(|binding| binding.version));
        rows.digest.push(binding.map(|binding| binding.digest.as_str()));
    }
    let (claimed, running) = (AttemptStatus::Claimed.as_str(), RunState::Running.as_str());
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
            run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, policy, due_at, claimed_at, plugin,
            plugin_version, digest, node, boot_id, shard_index, shard_count, upstream_run)
        SELECT new.attempt_id, run.job_id, run.job_name, run.revision, run.handler_name, new.handler_param,
            run.attempts + 1, $7, run.id, run.run_trigger, run.requested_by, run.retry_of, run.scheduled_at,
            run.fire_key, run.policy, run.due_at, $8, new.plugin, new.version, new.digest, $9, $10, run.shard_index,
            run.shard_count, run.upstream_run
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[])
            AS new (run_id, attempt_id, handler_param, plugin, version, digest)
        JOIN run ON run.id = new.run_id",
        &rows.run,
        &rows.attempt,
        &rows.param as &[&str],
        &rows.plugin as &[Option<&str>],
        &rows.version as &[Option<i64>],
        &rows.digest as &[Option<&str>],
        claimed,
        request.now.to_chrono(),
        request.node,
        request.boot_id.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE run SET state = $3, boot_id = $4, attempts = attempts + 1, attempt_id = new.attempt_id
        FROM UNNEST($1::bigint[], $2::bigint[]) AS new (run_id, attempt_id)
        WHERE run.id = new.run_id",
        &rows.run,
        &rows.attempt,
        running,
        request.boot_id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What a claim adds to its run, column by column.
#[derive(Default)]
struct Rows<'a> {
    run: Vec<i64>,
    attempt: Vec<i64>,
    param: Vec<&'a str>,
    plugin: Vec<Option<&'a str>>,
    version: Vec<Option<i64>>,
    digest: Vec<Option<&'a str>>,
}

/// Undoes claims of `owner` that were not begun.
pub(crate) async fn hand_back(
    connection: &mut PgConnection,
    ids: &Ids,
    owner: BootId,
    attempts: &[i64],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let (claimed, running, queued) = (
        AttemptStatus::Claimed.as_str(),
        RunState::Running.as_str(),
        RunState::Queued.as_str(),
    );
    let rows = sqlx::query!(
        r#"SELECT run.id, run.attempt_id AS "attempt_id!", run.cancel_by
        FROM UNNEST($1::bigint[]) WITH ORDINALITY AS mine (attempt_id, position)
        JOIN infra_job_log AS log ON log.id = mine.attempt_id AND log.status = $3
        JOIN run ON run.id = log.run_id AND run.attempt_id = log.id
        WHERE run.state = $4 AND run.boot_id = $2
        ORDER BY mine.position FOR UPDATE OF run"#,
        attempts,
        owner.0,
        claimed,
        running
    )
    .fetch_all(&mut *connection)
    .await?;
    let (cancelled, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.cancel_by.is_some());
    let outcomes: Vec<_> = cancelled
        .iter()
        .map(|row| {
            Outcome::bare(
                AttemptId(row.attempt_id),
                RunId(row.id),
                AttemptStatus::Cancelled,
                now,
            )
        })
        .collect();
    finish::finish(connection, ids, &outcomes, now, effects).await?;
    let (runs, attempts): (Vec<i64>, Vec<i64>) = others.iter().map(|row| (row.id, row.attempt_id)).unzip();
    sqlx::query!("DELETE FROM infra_job_log WHERE id = ANY($1)", &attempts)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "UPDATE run SET state = $2, boot_id = NULL, attempt_id = NULL, attempts = attempts - 1 WHERE id = ANY($1)",
        &runs,
        queued
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the begin of attempts that have not ended yet.
pub(crate) async fn mark_running(
    connection: &mut PgConnection,
    begun: &[(AttemptId, Timestamp)],
) -> Result<(), sqlx::Error> {
    let (claimed, running) = (AttemptStatus::Claimed.as_str(), AttemptStatus::Running.as_str());
    let ids: Vec<_> = begun.iter().map(|(attempt, _)| attempt.0).collect();
    let begins: Vec<_> = begun.iter().map(|(_, begin)| begin.to_chrono()).collect();
    sqlx::query!(
        "UPDATE infra_job_log SET status = $3, begin_time = new.begin_time
        FROM UNNEST($1::bigint[], $2::timestamptz[]) AS new (id, begin_time)
        WHERE infra_job_log.id = new.id AND infra_job_log.status = $4",
        &ids,
        &begins,
        running,
        claimed
    )
    .execute(connection)
    .await?;
    Ok(())
}
