//! Claiming: token, owner and the log's row are committed before anything of an attempt starts.

use std::{collections::HashMap, sync::Arc};

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use wasmtab_domain::{
    fairness::{self, Due},
    ids::{AttemptId, BootId, JobId, RunId},
    run::{Binding, Claim, Outcome, Shard},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::{ClaimRequest, Claimed};

use crate::{
    Memory, alerts, capacity,
    convert::{instant, json, signed, small, to_json, word},
    decode_error,
    effects::Effects,
    finish,
    memory::{Revised, policy_of},
    new_runs::NewRun,
    queue::{Level, Queue},
    statements::insert_log_rows,
};

/// Looks of one claim that may meet nothing but runs that are kept back, before the caller has to ask again.
const LOOKS: usize = 8;

/// Takes what is due: the higher priority first, the oldest first within one.
pub(crate) async fn claim_due(
    connection: &mut SqliteConnection,
    memory: &Memory,
    request: &ClaimRequest,
    effects: &mut Effects,
) -> Result<Claimed, sqlx::Error> {
    let mut queue = Queue::look(connection).await?;
    if queue.elsewhere.is_some_and(|at| at <= request.now.as_micros()) {
        finish::expire_pending(connection, memory, request.now, effects).await?;
        alerts::warn_pending(connection, memory, request.now, effects).await?;
        queue = Queue::look(connection).await?;
    }
    if queue
        .capacity
        .let_in(connection, request.now, request.limit)
        .await?
    {
        queue = Queue::look(connection).await?;
    }
    let mut claims = Vec::new();
    for _ in 0..LOOKS {
        let limit = request.limit as usize - claims.len();
        let chosen = choose(connection, &queue.levels, request, limit).await?;
        if chosen.is_empty() {
            break;
        }
        let (taken, kept_back) = load(connection, memory, request, &chosen).await?;
        write_down(connection, request, &taken).await?;
        mark(connection, request.boot_id, &taken).await?;
        capacity::keep_back(connection, &kept_back).await?;
        claims.extend(taken);
        queue = Queue::look(connection).await?;
        if kept_back.is_empty() || claims.len() == request.limit as usize {
            break;
        }
    }
    let waiting = queue.levels.iter().map(|level| level.since);
    let next_due_at = waiting.chain(queue.elsewhere).min();
    Ok(Claimed {
        claims,
        next_due_at: next_due_at.map(instant),
    })
}

/// Claims runs that are about to be made and need nothing but a place, as far as their handlers have places: those in front
/// first. Their rows are made as claimed (`new_runs::insert`).
pub(crate) async fn claim_new(
    connection: &mut SqliteConnection,
    memory: &Memory,
    request: &ClaimRequest,
    queue: &mut Queue,
    runs: &[&NewRun<'_>],
) -> Result<Vec<Claim>, sqlx::Error> {
    let key = |run: &NewRun<'_>| (run.job.id.0, run.job.revision);
    let revisions = memory
        .revisions(connection, &runs.iter().map(|run| key(run)).collect())
        .await?;
    let mut claims = Vec::with_capacity(runs.len());
    for run in runs {
        let spec = &run.job.spec;
        if claims.len() == request.limit as usize {
            break;
        }
        if queue.capacity.take(&spec.handler_name).is_some() {
            continue;
        }
        let policy = policy_of(None, revisions.get(&key(run)))?;
        claims.push(Claim {
            attempt_id: run.id.first_attempt(),
            run_id: run.id,
            execute_index: 1,
            job_id: Some(run.job.id),
            job_name: Some(spec.name.clone()),
            timezone: spec.timezone,
            handler_name: spec.handler_name.clone(),
            handler_param: run
                .handler_param
                .or(spec.handler_param.as_deref())
                .unwrap_or_default()
                .to_owned(),
            trigger: run.trigger,
            scheduled_at: run.scheduled_at,
            due_at: run.due_at,
            binding: policy.binding(queue.bindings.get(&spec.handler_name), None),
            policy,
            shard: Shard { index: 0, count: 1 },
            upstream: run.upstream.map(|(upstream, _)| upstream.clone()),
        });
    }
    Ok(claims)
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
        let rows = sqlx::query_scalar!(
            r#"SELECT json_group_array(json_array(id, due_at)) AS "rows!: String" FROM (
                SELECT id, due_at FROM run
                WHERE state <> 'running' AND hold IS NULL AND priority = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?
            )"#,
            level.priority,
            now,
            most
        )
        .fetch_one(&mut *connection)
        .await?;
        let rows: Vec<(i64, i64)> = json("due runs", &rows)?;
        due.push(
            rows.into_iter()
                .map(|(id, at)| Due {
                    run_id: RunId(id),
                    due_at: instant(at),
                })
                .collect::<Vec<_>>(),
        );
    }
    Ok(fairness::choose(&due, limit, request.by_age as usize))
}

/// A run that is claimed. All of a claim come as one text: rows one by one are handed from thread to thread, value by value.
#[derive(Deserialize)]
struct DueRun {
    id: i64,
    job_id: Option<i64>,
    revision: Option<i64>,
    run_trigger: String,
    scheduled_at: i64,
    due_at: i64,
    seldom: Option<Seldom>,
}

/// What the first attempt at a whole fire of a job has nothing of, or has from the job's revision.
#[derive(Deserialize)]
struct Seldom {
    job_name: Option<String>,
    handler_name: String,
    handler_param: Option<String>,
    attempts: i64,
    shard_index: i64,
    shard_count: i64,
    upstream: Option<String>,
    policy: Option<String>,
}

impl DueRun {
    /// What it has seldom, also where it has it like most.
    fn take_seldom(&mut self, revised: Option<&Arc<Revised>>) -> Result<Seldom, sqlx::Error> {
        if let Some(seldom) = self.seldom.take() {
            return Ok(seldom);
        }
        let spec = &revised
            .ok_or_else(|| decode_error("revision", "a run's own is missing"))?
            .spec;
        Ok(Seldom {
            job_name: Some(spec.name.clone()),
            handler_name: spec.handler_name.clone(),
            handler_param: None,
            attempts: 0,
            shard_index: 0,
            shard_count: 1,
            upstream: None,
            policy: None,
        })
    }
}

/// The chosen runs as claims, and those whose handler has no place for them.
async fn load(
    connection: &mut SqliteConnection,
    memory: &Memory,
    request: &ClaimRequest,
    chosen: &[RunId],
) -> Result<(Vec<Claim>, Vec<(i64, &'static str)>), sqlx::Error> {
    let chosen = to_json(&chosen.iter().map(|run| run.0).collect::<Vec<_>>())?;
    let rows = sqlx::query_scalar!(
        r#"SELECT json_group_array(json_array(run.id, run.job_id, run.revision, run.run_trigger, run.scheduled_at,
            run.due_at, json(iif(
                run.job_id IS NOT NULL AND run.attempts = 0 AND run.shard_count = 1 AND run.handler_param IS NULL
                    AND run.upstream IS NULL AND run.policy IS NULL,
                NULL,
                json_array(run.job_name, run.handler_name, run.handler_param, run.attempts, run.shard_index,
                    run.shard_count, run.upstream, run.policy)
            )))) AS "rows!: String"
        FROM json_each(?) AS chosen CROSS JOIN run ON run.id = chosen.value"#,
        chosen
    )
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<DueRun> = json("due runs", &rows)?;
    let keys = rows
        .iter()
        .filter_map(|row| row.job_id.zip(row.revision))
        .collect();
    let revisions = memory.revisions(connection, &keys).await?;
    let rows = rows
        .into_iter()
        .map(|mut row| {
            let revised = row.job_id.zip(row.revision).and_then(|key| revisions.get(&key));
            let seldom = row.take_seldom(revised)?;
            Ok((row, seldom, revised))
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    let names = rows
        .iter()
        .map(|(_, seldom, _)| seldom.handler_name.as_str())
        .collect();
    // The bindings are looked up in the claim's own transaction: what the row names is what the name meant.
    let mut queue = Queue::look_at_handlers(connection, names).await?;
    let again: Vec<_> = rows
        .iter()
        .filter(|(_, seldom, _)| seldom.attempts > 0)
        .map(|(row, ..)| row.id)
        .collect();
    let first = first_bindings(connection, &again).await?;
    let mut claims = Vec::with_capacity(rows.len());
    let mut kept_back = Vec::new();
    for (row, seldom, revised) in rows {
        if let Some(hold) = queue.capacity.take(&seldom.handler_name) {
            kept_back.push((row.id, hold.as_str()));
            continue;
        }
        let run_id = RunId(row.id);
        let policy = policy_of(seldom.policy.as_deref(), revised)?;
        let current = queue.bindings.get(&seldom.handler_name);
        claims.push(Claim {
            attempt_id: if seldom.attempts == 0 {
                run_id.first_attempt()
            } else {
                AttemptId(memory.next(request.now))
            },
            run_id,
            execute_index: small(seldom.attempts) + 1,
            job_id: row.job_id.map(JobId),
            job_name: seldom.job_name,
            timezone: revised.map_or(chrono_tz::Tz::UTC, |revised| revised.spec.timezone),
            handler_name: seldom.handler_name,
            handler_param: seldom
                .handler_param
                .or_else(|| revised.and_then(|revised| revised.spec.handler_param.clone()))
                .unwrap_or_default(),
            trigger: word("run_trigger", &row.run_trigger)?,
            scheduled_at: instant(row.scheduled_at),
            due_at: instant(row.due_at),
            binding: policy.binding(current, first.get(&row.id).cloned()),
            policy,
            shard: Shard {
                index: small(seldom.shard_index),
                count: small(seldom.shard_count),
            },
            upstream: seldom
                .upstream
                .map(|upstream| json("upstream", &upstream))
                .transpose()?,
        });
    }
    Ok((claims, kept_back))
}

/// What the first attempts of these runs ran on. The grants are those of the present, which the policy adds.
async fn first_bindings(
    connection: &mut SqliteConnection,
    runs: &[i64],
) -> Result<HashMap<i64, Binding>, sqlx::Error> {
    if runs.is_empty() {
        return Ok(HashMap::new());
    }
    let runs = to_json(runs)?;
    let rows = sqlx::query!(
        r#"SELECT log.id AS "id!: i64", log.plugin AS "plugin!: String", log.plugin_version AS "version!: i64",
            log.digest AS "digest!: String"
        FROM json_each(?) AS wanted CROSS JOIN infra_job_log AS log ON log.id = wanted.value
        WHERE log.plugin IS NOT NULL AND log.plugin_version IS NOT NULL AND log.digest IS NOT NULL"#,
        runs
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let binding = Binding {
                plugin: row.plugin,
                version: row.version,
                digest: row.digest,
                handler_revision: 0,
            };
            (row.id, binding)
        })
        .collect())
}

/// The log's rows of claims, as `insert_log_rows` takes them.
pub(crate) struct LogRows<'a> {
    pub rows: String,
    pub said: String,
    pub status: &'static str,
    pub now: i64,
    pub node: &'a str,
    pub boot: i64,
}

/// A claim: its run, what it has in common with others, and of a later attempt which.
#[derive(Serialize)]
#[serde(untagged)]
enum Row {
    First(i64, usize),
    Later(i64, usize, i64, u32),
}

impl<'a> LogRows<'a> {
    pub(crate) fn of(request: &'a ClaimRequest, claims: &[Claim]) -> Result<Self, sqlx::Error> {
        // Many claims share what they run on and its parameter, which is said once.
        let mut said = IndexSet::new();
        let rows: Vec<_> = claims
            .iter()
            .map(|claim| {
                let binding = claim.binding.as_ref();
                let binding = binding.map(|binding| (&binding.plugin, binding.version, &binding.digest));
                let (number, _) = said.insert_full((&claim.handler_param, binding));
                if claim.attempt_id == claim.run_id.first_attempt() {
                    Row::First(claim.run_id.0, number)
                } else {
                    Row::Later(claim.run_id.0, number, claim.attempt_id.0, claim.execute_index)
                }
            })
            .collect();
        Ok(Self {
            rows: to_json(&rows)?,
            said: to_json(&said)?,
            status: AttemptStatus::Claimed.as_str(),
            now: request.now.as_micros(),
            node: &request.node,
            boot: request.boot_id.0,
        })
    }
}

/// Writes the log's rows of claims on runs that are there.
async fn write_down(
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
    claims: &[Claim],
) -> Result<(), sqlx::Error> {
    if claims.is_empty() {
        return Ok(());
    }
    let log = LogRows::of(request, claims)?;
    insert_log_rows!("", log.said, log.status, log.now, log.node, log.boot, log.rows)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets runs that wait be claimed.
async fn mark(connection: &mut SqliteConnection, owner: BootId, claims: &[Claim]) -> Result<(), sqlx::Error> {
    let (boot, running) = (owner.0, RunState::Running.as_str());
    let (first, later): (Vec<_>, Vec<_>) = claims
        .iter()
        .map(|claim| (claim.run_id, claim.attempt_id))
        .partition(|(run, attempt)| *attempt == run.first_attempt());
    // A flat list is read at once; pairs are written as text and read again, each by itself.
    let first = to_json(&first.iter().map(|(run, _)| run.0).collect::<Vec<_>>())?;
    sqlx::query!(
        "UPDATE run SET state = ?2, boot_id = ?3, attempts = 1, attempt_id = id
        WHERE id IN (SELECT value FROM json_each(?1))",
        first,
        running,
        boot
    )
    .execute(&mut *connection)
    .await?;
    if later.is_empty() {
        return Ok(());
    }
    let later = to_json(
        &later
            .iter()
            .map(|(run, attempt)| (run.0, attempt.0))
            .collect::<Vec<_>>(),
    )?;
    sqlx::query!(
        "WITH new AS MATERIALIZED (SELECT value AS row FROM json_each(?1))
        UPDATE run SET state = ?2, boot_id = ?3, attempts = attempts + 1, attempt_id = new.row ->> 1
        FROM new WHERE run.id = new.row ->> 0",
        later,
        running,
        boot
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Undoes claims of `owner` that were not begun; `attempts` is JSON of their ids.
pub(crate) async fn hand_back(
    connection: &mut SqliteConnection,
    memory: &Memory,
    owner: BootId,
    attempts: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let (claimed, running, queued) = (
        AttemptStatus::Claimed.as_str(),
        RunState::Running.as_str(),
        RunState::Queued.as_str(),
    );
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.attempt_id AS "attempt_id!: i64", run.cancel_by FROM json_each(?1) AS attempt
        CROSS JOIN infra_job_log AS log ON log.id = attempt.value AND log.status = ?3
        CROSS JOIN run ON run.id = log.run_id AND run.attempt_id = log.id
        WHERE run.state = ?4 AND run.boot_id = ?2"#,
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
    finish::finish(connection, memory, &outcomes, now, effects).await?;
    let runs = to_json(&others.iter().map(|row| row.id).collect::<Vec<_>>())?;
    sqlx::query!(
        "DELETE FROM infra_job_log WHERE id IN (
            SELECT run.attempt_id FROM json_each(?) AS mine CROSS JOIN run ON run.id = mine.value
        )",
        runs
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE run SET state = ?2, boot_id = NULL, attempt_id = NULL, attempts = attempts - 1
        WHERE id IN (SELECT value FROM json_each(?1))",
        runs,
        queued
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
