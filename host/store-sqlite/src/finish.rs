//! Outcomes: at most one per attempt is accepted, by its token; what follows is the domain's decision.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{AttemptId, BootId, RunId},
    retry::{Ended, Next, after_attempt},
    run::{Hold, Outcome, RunPolicy},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::FinishReply;

use crate::{
    Memory,
    chains::{self, EndedRun, ShardedFire},
    convert::{json, small, to_json},
    decode_error,
    effects::Effects,
    log_rows::LogRows,
    memory::{Revised, policy_of},
};

/// Outcomes that one batch of a recovery takes.
const BATCH: usize = 500;

/// A run whose attempt is going on, as its outcome finds it.
struct Owned {
    job: Option<(i64, String)>,
    handler_name: String,
    first: RunId,
    shards_of: Option<ShardedFire>,
    chain_depth: u32,
    retries: u32,
    abandons: u32,
    cancel_by: Option<String>,
    policy: Arc<RunPolicy>,
}

/// The same as one text of all of them has it.
#[derive(Deserialize)]
struct RunningRun {
    /// Of its outcome among the others.
    position: usize,
    job_id: Option<i64>,
    revision: Option<i64>,
    seldom: Option<SeldomHad>,
}

/// What most runs have nothing of, or have from their job's revision.
#[derive(Deserialize)]
struct SeldomHad {
    job_name: Option<String>,
    handler_name: String,
    scheduled_at: i64,
    fire_key: i64,
    group_id: i64,
    shard_count: i64,
    chain_depth: i64,
    retries: i64,
    abandons: i64,
    cancel_by: Option<String>,
    policy: Option<String>,
}

impl RunningRun {
    fn into_owned(self, id: RunId, revised: Option<&Arc<Revised>>) -> Result<Owned, sqlx::Error> {
        let seldom = if let Some(seldom) = self.seldom {
            seldom
        } else {
            let revised = revised.ok_or_else(|| decode_error("revision", "a run's own is missing"))?;
            SeldomHad {
                job_name: Some(revised.spec.name.clone()),
                handler_name: revised.spec.handler_name.clone(),
                scheduled_at: 0,
                fire_key: 0,
                group_id: id.0,
                shard_count: 1,
                chain_depth: 0,
                retries: 0,
                abandons: 0,
                cancel_by: None,
                policy: None,
            }
        };
        Ok(Owned {
            job: self.job_id.zip(seldom.job_name),
            handler_name: seldom.handler_name,
            first: RunId(seldom.group_id),
            shards_of: ShardedFire::of(seldom.scheduled_at, seldom.fire_key, seldom.shard_count),
            chain_depth: small(seldom.chain_depth),
            retries: small(seldom.retries),
            abandons: small(seldom.abandons),
            cancel_by: seldom.cancel_by,
            policy: policy_of(seldom.policy.as_deref(), revised)?,
        })
    }
}

/// What becomes of a run that goes on.
#[derive(Serialize)]
struct Onward(
    i64,
    &'static str,
    i64,
    u32,
    u32,
    Option<&'static str>,
    Option<i64>,
    Option<i64>,
);

/// Writes outcomes and what follows each.
pub(crate) async fn finish(
    connection: &mut SqliteConnection,
    memory: &Memory,
    outcomes: &[Outcome],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Vec<FinishReply>, sqlx::Error> {
    let owned = owned_runs(connection, memory, outcomes).await?;
    let mut runs = HashSet::with_capacity(outcomes.len());
    let mut replies = Vec::with_capacity(outcomes.len());
    let mut ended_runs = Vec::new();
    let mut ended = Vec::new();
    let mut onward = Vec::new();
    // Where in `onward`, and of which job.
    let mut retried = Vec::new();
    let mut rows = LogRows::default();
    for (outcome, owned) in outcomes.iter().zip(owned) {
        let id = outcome.run_id.0;
        // A second outcome of the same attempt in one batch counts for nothing.
        let Some(run) = owned.filter(|_| runs.insert(id)) else {
            replies.push(FinishReply::Refused);
            continue;
        };
        let next = match outcome.pending_until {
            // A cancel that came while the guest handed its work over ends the run here.
            Some(until) if run.cancel_by.is_none() => Next::Park(until),
            _ => after_attempt(
                &Ended {
                    policy: &run.policy.retry,
                    status: outcome.status,
                    permanent: outcome.permanent,
                    retries: run.retries,
                    abandons: run.abandons,
                    cancel_requested: run.cancel_by.is_some(),
                },
                // A retry is counted from the instant at which the outcome is written, by which the reply is dated too.
                now,
            ),
        };
        let status = if next == Next::End && outcome.pending_until.is_some() {
            AttemptStatus::Cancelled
        } else {
            outcome.status
        };
        let (retries, abandons) = (run.retries, run.abandons);
        let mut retry_at = None;
        match next {
            Next::End => ended_runs.push(id),
            Next::RetryAt(at) => {
                if let Some((job, _)) = &run.job {
                    retried.push((onward.len(), *job));
                }
                let state = RunState::WaitingRetry.as_str();
                onward.push(Onward(
                    id,
                    state,
                    at.as_micros(),
                    retries + 1,
                    abandons,
                    None,
                    None,
                    None,
                ));
                retry_at = Some(at);
            }
            Next::Requeue => {
                let state = RunState::Queued.as_str();
                onward.push(Onward(
                    id,
                    state,
                    now.as_micros(),
                    retries,
                    abandons + 1,
                    None,
                    None,
                    None,
                ));
                retry_at = Some(now);
            }
            Next::Park(until) => {
                let state = RunState::Running.as_str();
                let begin = outcome.begin_time.unwrap_or(now);
                let warn_at = run
                    .policy
                    .warn_after
                    .map(|length| begin.plus(length.to_duration()));
                onward.push(Onward(
                    id,
                    state,
                    now.as_micros(),
                    retries,
                    abandons,
                    None,
                    Some(until.as_micros()),
                    warn_at.map(Timestamp::as_micros),
                ));
            }
        }
        replies.push(match (next, retry_at) {
            (Next::Park(_), _) => FinishReply::Pending,
            (_, Some(at)) => FinishReply::Retry(at),
            (_, None) => FinishReply::Ended,
        });
        rows.push(
            outcome,
            status,
            retry_at,
            next == Next::End,
            run.cancel_by.clone(),
        )?;
        if next == Next::End {
            effects.ended.push(outcome.run_id);
            ended.push(run.into_ended(status, outcome.result.clone()));
        } else {
            effects.changed.push(outcome.run_id);
        }
    }
    rows.write(connection).await?;
    if !retried.is_empty() {
        let paused = paused_among(connection, &retried).await?;
        for (position, job) in retried {
            if paused.contains(&job) {
                onward[position].5 = Some(Hold::Paused.as_str());
            }
        }
    }
    move_on(connection, &onward).await?;
    // Each is due some time, or has until some time.
    effects.queue |= !onward.is_empty();
    if !ended_runs.is_empty() {
        let ended = to_json(&ended_runs)?;
        sqlx::query!(
            "DELETE FROM run WHERE id IN (SELECT value FROM json_each(?))",
            ended
        )
        .execute(&mut *connection)
        .await?;
    }
    chains::after(connection, memory, &ended, now, effects).await?;
    Ok(replies)
}

impl Owned {
    fn into_ended(self, status: AttemptStatus, result: Option<String>) -> EndedRun {
        EndedRun {
            job: self.job,
            handler_name: self.handler_name,
            first: self.first,
            shards_of: self.shards_of,
            chain_depth: self.chain_depth,
            policy: self.policy,
            status,
            result,
        }
    }
}

/// The runs whose attempts these outcomes are of, in the outcomes' order; an outcome whose token is not the run's own finds none.
async fn owned_runs(
    connection: &mut SqliteConnection,
    memory: &Memory,
    outcomes: &[Outcome],
) -> Result<Vec<Option<Owned>>, sqlx::Error> {
    let tokens: Vec<_> = outcomes
        .iter()
        .map(|outcome| (outcome.run_id.0, outcome.attempt_id.0))
        .collect();
    let tokens = to_json(&tokens)?;
    let rows = sqlx::query_scalar!(
        r#"SELECT json_group_array(json_array(token.key, run.job_id, run.revision, json(iif(
                run.job_id IS NOT NULL AND run.group_id = run.id AND run.shard_count = 1 AND run.chain_depth = 0
                    AND run.retries = 0 AND run.abandons = 0 AND run.cancel_by IS NULL AND run.policy IS NULL,
                NULL,
                json_array(run.job_name, run.handler_name, run.scheduled_at, run.fire_key, run.group_id,
                    run.shard_count, run.chain_depth, run.retries, run.abandons, run.cancel_by, run.policy)
            )))) AS "rows!: String"
        FROM jsonb_each(?) AS token CROSS JOIN run ON run.id = token.value ->> 0 AND run.attempt_id = token.value ->> 1
        WHERE run.state = 'running'"#,
        tokens
    )
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<RunningRun> = json("running runs", &rows)?;
    let keys = rows
        .iter()
        .filter_map(|row| row.job_id.zip(row.revision))
        .collect();
    let revisions = memory.revisions(connection, &keys).await?;
    let mut owned: Vec<_> = outcomes.iter().map(|_| None).collect();
    for row in rows {
        let revised = row.job_id.zip(row.revision).and_then(|key| revisions.get(&key));
        let (position, id) = (row.position, outcomes[row.position].run_id);
        owned[position] = Some(row.into_owned(id, revised)?);
    }
    Ok(owned)
}

/// Which of these jobs are paused, so that their retries wait.
async fn paused_among(
    connection: &mut SqliteConnection,
    retried: &[(usize, i64)],
) -> Result<BTreeSet<i64>, sqlx::Error> {
    let jobs = to_json(&retried.iter().map(|(_, job)| *job).collect::<Vec<_>>())?;
    let paused = sqlx::query_scalar!(
        "SELECT id FROM infra_job WHERE id IN (SELECT value FROM json_each(?)) AND paused_at IS NOT NULL",
        jobs
    )
    .fetch_all(connection)
    .await?;
    Ok(paused.into_iter().collect())
}

async fn move_on(connection: &mut SqliteConnection, onward: &[Onward]) -> Result<(), sqlx::Error> {
    if onward.is_empty() {
        return Ok(());
    }
    let onward = to_json(onward)?;
    sqlx::query!(
        "UPDATE run SET state = new.state, due_at = new.due_at, retries = new.retries, abandons = new.abandons,
            hold = new.hold, boot_id = NULL, pending_until = new.pending_until, warn_at = new.warn_at
        FROM (
            SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS due_at, value ->> 3 AS retries,
                value ->> 4 AS abandons, value ->> 5 AS hold, value ->> 6 AS pending_until,
                value ->> 7 AS warn_at
            FROM json_each(?)
        ) AS new
        WHERE run.id = new.id",
        onward
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the attempts of every process but `living`: the database is this process's alone, so the others are dead.
pub(crate) async fn rescue(
    connection: &mut SqliteConnection,
    memory: &Memory,
    living: BootId,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE state = 'running' AND boot_id IS NOT ? AND pending_until IS NULL"#,
        living.0
    )
    .fetch_all(&mut *connection)
    .await?;
    let lost = rows.iter().map(|row| (RunId(row.id), AttemptId(row.attempt_id)));
    abandon(
        connection,
        memory,
        lost,
        "its process ended before it did",
        now,
        effects,
    )
    .await
}

/// Ends the attempts of `owner` that are not among `known`, JSON of their ids.
pub(crate) async fn give_back(
    connection: &mut SqliteConnection,
    memory: &Memory,
    owner: BootId,
    known: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE state = 'running' AND boot_id = ?1 AND attempt_id NOT IN (SELECT value FROM json_each(?2))"#,
        owner.0,
        known
    )
    .fetch_all(&mut *connection)
    .await?;
    let lost = rows.iter().map(|row| (RunId(row.id), AttemptId(row.attempt_id)));
    abandon(
        connection,
        memory,
        lost,
        "its process never heard of its claim",
        now,
        effects,
    )
    .await
}

async fn abandon(
    connection: &mut SqliteConnection,
    memory: &Memory,
    lost: impl Iterator<Item = (RunId, AttemptId)>,
    error: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    let outcomes: Vec<_> = lost
        .map(|(run, attempt)| Outcome {
            error: Some(error.into()),
            ..Outcome::bare(attempt, run, AttemptStatus::Abandoned, now)
        })
        .collect();
    for batch in outcomes.chunks(BATCH) {
        finish(connection, memory, batch, now, effects).await?;
    }
    Ok(outcomes.len() as u64)
}

/// Ends the attempts whose work went on elsewhere for longer than it may.
pub(crate) async fn expire_pending(
    connection: &mut SqliteConnection,
    memory: &Memory,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let (at, most) = (now.as_micros(), BATCH as i64);
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE pending_until <= ? ORDER BY pending_until, id LIMIT ?"#,
        at,
        most
    )
    .fetch_all(&mut *connection)
    .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let outcomes: Vec<_> = rows
        .iter()
        .map(|row| Outcome {
            error: Some("nobody reported the work done within monitorTimeout".into()),
            ..Outcome::bare(
                AttemptId(row.attempt_id),
                RunId(row.id),
                AttemptStatus::Timeout,
                now,
            )
        })
        .collect();
    finish(connection, memory, &outcomes, now, effects).await?;
    Ok(())
}
