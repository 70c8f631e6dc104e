//! Claiming: token, owner and the log's row are committed before anything of an attempt starts.

use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{AttemptId, JobId, RunId},
    run::{Binding, Claim},
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{ClaimRequest, Claimed};

use crate::{
    Ids,
    convert::{instant, json, small, to_json, word},
    decode_error,
};

/// Takes what is due, oldest first.
pub(crate) async fn claim_due(
    connection: &mut SqliteConnection,
    ids: &Ids,
    request: &ClaimRequest,
) -> Result<Claimed, sqlx::Error> {
    let claims = select_due(connection, ids, request).await?;
    if !claims.is_empty() {
        write(connection, request, &claims).await?;
    }
    let next_due_at = sqlx::query_scalar!(
        r#"SELECT min(due_at) AS "at?: i64" FROM run WHERE state <> 'running' AND hold IS NULL"#
    )
    .fetch_one(connection)
    .await?;
    Ok(Claimed {
        claims,
        next_due_at: next_due_at.map(instant),
    })
}

async fn select_due(
    connection: &mut SqliteConnection,
    ids: &Ids,
    request: &ClaimRequest,
) -> Result<Vec<Claim>, sqlx::Error> {
    let now = request.now.as_micros();
    // The binding is looked up here, in the claim's own transaction: what the row names is what the name meant.
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.job_id, run.job_name, run.handler_name, run.run_trigger, run.scheduled_at,
            run.due_at, run.attempts, coalesce(run.policy, revision.policy) AS "policy: String",
            coalesce(run.handler_param, revision.spec ->> '$.handlerParam', '') AS "param!: String",
            coalesce(revision.spec ->> '$.timezone', 'UTC') AS "zone!: String",
            version.plugin AS "plugin?: String", version.version AS "version?: i64", version.digest AS "digest?: String",
            handler.revision AS "handler_revision?: i64"
        FROM run
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN handler ON handler.name = run.handler_name
        LEFT JOIN plugin ON plugin.name = handler.plugin
        LEFT JOIN plugin_version AS version ON version.plugin = plugin.name
            AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted
        WHERE run.due_at <= ? AND run.state <> 'running' AND run.hold IS NULL
        ORDER BY run.due_at LIMIT ?"#,
        now,
        request.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let run_id = RunId(row.id);
            let first = row.attempts == 0;
            let binding = match (row.plugin, row.version, row.digest, row.handler_revision) {
                (Some(plugin), Some(version), Some(digest), Some(handler_revision)) => Some(Binding {
                    plugin,
                    version,
                    digest,
                    handler_revision,
                }),
                _ => None,
            };
            let policy = row
                .policy
                .ok_or_else(|| decode_error("policy", "neither run nor revision has one"))?;
            Ok(Claim {
                attempt_id: if first {
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
                policy: json("policy", &policy)?,
                binding,
            })
        })
        .collect()
}

async fn write(
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
    claims: &[Claim],
) -> Result<(), sqlx::Error> {
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
            run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, due_at, claimed_at, plugin,
            plugin_version, digest, node, boot_id)
        SELECT new.value ->> 1, run.job_id, run.job_name, run.revision, run.handler_name, new.value ->> 2,
            run.attempts + 1, ?2, run.id, run.run_trigger, run.requested_by, run.retry_of, run.scheduled_at,
            run.fire_key, run.due_at, ?3, new.value ->> 3, new.value ->> 4, new.value ->> 5, ?4, ?5
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
