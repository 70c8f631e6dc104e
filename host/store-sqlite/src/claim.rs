//! Claiming: token, owner and the log's row are committed before anything of an attempt starts.

use sqlx::SqliteConnection;
use wasmtab_domain::{
    fairness::{self, Due},
    ids::{AttemptId, JobId, RunId},
    run::{Binding, Claim, RunPolicy, Shard},
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{ClaimRequest, Claimed};

use crate::{
    Ids, alerts,
    capacity::{self, Capacity},
    convert::{instant, json, signed, small, to_json, word},
    decode_error,
    effects::Effects,
    finish,
};

/// Looks of one claim that may meet nothing but runs that are kept back, before the caller has to ask again.
const LOOKS: usize = 8;

/// Takes what is due: the higher priority first, the oldest first within one.
pub(crate) async fn claim_due(
    connection: &mut SqliteConnection,
    ids: &Ids,
    request: &ClaimRequest,
    effects: &mut Effects,
) -> Result<Claimed, sqlx::Error> {
    finish::expire_pending(connection, ids, request.now, effects).await?;
    alerts::warn_pending(connection, ids, request.now, effects).await?;
    let mut capacity = Capacity::load(connection).await?;
    capacity.let_in(connection, request.limit).await?;
    let mut claims = Vec::new();
    let mut due = due_levels(connection).await?;
    for _ in 0..LOOKS {
        let limit = request.limit as usize - claims.len();
        let chosen = choose(connection, &due, request, limit).await?;
        if chosen.is_empty() {
            break;
        }
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
        r#"SELECT (SELECT min(pending_until) FROM run WHERE pending_until IS NOT NULL) AS "until?: i64",
            (SELECT min(warn_at) FROM run WHERE warn_at IS NOT NULL) AS "warn_at?: i64""#
    )
    .fetch_one(connection)
    .await?;
    let next_due_at = due
        .iter()
        .map(|level| level.since)
        .chain(pending.until)
        .chain(pending.warn_at)
        .min();
    Ok(Claimed {
        claims,
        next_due_at: next_due_at.map(instant),
    })
}

/// Runs of one priority that wait.
struct Level {
    priority: i64,
    /// When the oldest of them is due.
    since: i64,
}

/// The priorities that runs wait with, the highest first: one step in the index each.
async fn due_levels(connection: &mut SqliteConnection) -> Result<Vec<Level>, sqlx::Error> {
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
        ) AS "since!: i64"
        FROM level WHERE priority IS NOT NULL"#
    )
    .fetch_all(connection)
    .await
}

async fn choose(
    connection: &mut SqliteConnection,
    levels: &[Level],
    request: &ClaimRequest,
    limit: usize,
) -> Result<Vec<RunId>, sqlx::Error> {
    let (now, most) = (request.now.as_micros(), signed(limit as u64));
    let mut due = Vec::new();
    for level in levels.iter().filter(|level| level.since <= now) {
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", due_at FROM run
            WHERE state <> 'running' AND hold IS NULL AND priority = ? AND due_at <= ? ORDER BY due_at LIMIT ?"#,
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
    connection: &mut SqliteConnection,
    ids: &Ids,
    request: &ClaimRequest,
    chosen: &[RunId],
    capacity: &mut Capacity,
) -> Result<(Vec<Claim>, Vec<(i64, &'static str)>), sqlx::Error> {
    let chosen = to_json(&chosen.iter().map(|run| run.0).collect::<Vec<_>>())?;
    // The binding is looked up here, in the claim's own transaction: what the row names is what the name meant.
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.job_id, run.job_name, run.handler_name, run.run_trigger, run.scheduled_at,
            run.due_at, run.attempts, run.shard_index, run.shard_count, run.upstream,
            coalesce(run.policy, revision.policy) AS "policy: String",
            coalesce(run.handler_param, revision.spec ->> '$.handlerParam', '') AS "param!: String",
            coalesce(revision.spec ->> '$.timezone', 'UTC') AS "zone!: String",
            version.plugin AS "plugin?: String", version.version AS "version?: i64", version.digest AS "digest?: String",
            handler.revision AS "handler_revision?: i64",
            first.plugin AS "first_plugin?: String", first.plugin_version AS "first_version?: i64",
            first.digest AS "first_digest?: String"
        FROM json_each(?) AS chosen
        CROSS JOIN run ON run.id = chosen.value
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN handler ON handler.name = run.handler_name
        LEFT JOIN plugin ON plugin.name = handler.plugin
        LEFT JOIN plugin_version AS version ON version.plugin = plugin.name
            AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted
        LEFT JOIN infra_job_log AS first ON run.attempts > 0 AND first.id = run.id
        ORDER BY chosen.key"#,
        chosen
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
        let policy: RunPolicy = json("policy", &policy)?;
        let current = binding(row.plugin, row.version, row.digest, row.handler_revision);
        let first = binding(
            row.first_plugin,
            row.first_version,
            row.first_digest,
            row.handler_revision,
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
            binding: policy.binding(current, first),
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
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
    claims: &[Claim],
) -> Result<(), sqlx::Error> {
    if claims.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = claims
        .iter()
        .map(|claim| {
            let binding = claim.binding.as_ref();
            (
                claim.run_id.0,
                claim.attempt_id.0,
                &claim.handler_param,
                binding.map(|binding| &binding.plugin),
                binding.map(|binding| binding.version),
                binding.map(|binding| &binding.digest),
            )
        })
        .collect();
    let (rows, boot, now) = (to_json(&rows)?, request.boot_id.0, request.now.as_micros());
    let (claimed, running) = (AttemptStatus::Claimed.as_str(), RunState::Running.as_str());
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
            run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, policy, due_at, claimed_at, plugin,
            plugin_version, digest, node, boot_id, shard_index, shard_count, upstream_run)
        SELECT new.value ->> 1, run.job_id, run.job_name, run.revision, run.handler_name, new.value ->> 2,
            run.attempts + 1, ?2, run.id, run.run_trigger, run.requested_by, run.retry_of, run.scheduled_at,
            run.fire_key, run.policy, run.due_at, ?3, new.value ->> 3, new.value ->> 4, new.value ->> 5, ?4, ?5, run.shard_index,
            run.shard_count, run.upstream_run
        FROM json_each(?1) AS new CROSS JOIN run ON run.id = new.value ->> 0",
        rows,
        claimed,
        now,
        request.node,
        boot
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE run SET state = ?2, boot_id = ?3, attempts = attempts + 1, attempt_id = new.attempt_id
        FROM (SELECT value ->> 0 AS run_id, value ->> 1 AS attempt_id FROM json_each(?1)) AS new
        WHERE run.id = new.run_id",
        rows,
        running,
        boot
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the begin of attempts that have not ended yet; `begun` is JSON of pairs of attempt and instant.
pub(crate) async fn mark_running(connection: &mut SqliteConnection, begun: &str) -> Result<(), sqlx::Error> {
    let (claimed, running) = (AttemptStatus::Claimed.as_str(), AttemptStatus::Running.as_str());
    sqlx::query!(
        "UPDATE infra_job_log SET status = ?2, begin_time = new.begin_time
        FROM (SELECT value ->> 0 AS id, value ->> 1 AS begin_time FROM json_each(?1)) AS new
        WHERE infra_job_log.id = new.id AND infra_job_log.status = ?3",
        begun,
        running,
        claimed
    )
    .execute(connection)
    .await?;
    Ok(())
}
