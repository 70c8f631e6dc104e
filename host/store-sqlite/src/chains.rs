//! What the end of runs brings about: the next run of the job gets its turn, and chained jobs start.

use std::{collections::BTreeSet, sync::Arc};

use sqlx::SqliteConnection;
use wasmtab_domain::{
    chain::{self, Refused},
    ids::{JobId, RunId},
    job::Job,
    limits,
    run::{Hold, RunPolicy, Upstream},
    status::{AttemptStatus, SkipReason, Trigger},
    time::Timestamp,
};

use crate::{
    Memory, alerts, cancel,
    convert::{JobRow, json, select_jobs, small, to_json, word},
    decode_error,
    effects::Effects,
    new_runs::{self, NewRun},
    queue::Queue,
};

/// A run that has just ended; its row is gone.
#[derive(Debug)]
pub(crate) struct EndedRun {
    pub job: Option<(i64, String)>,
    pub handler_name: String,
    /// Of shards the first.
    pub first: RunId,
    /// Of shards the fire.
    pub shards_of: Option<ShardedFire>,
    pub chain_depth: u32,
    pub policy: Arc<RunPolicy>,
    pub status: AttemptStatus,
    pub result: Option<String>,
}

/// A fire of a job whose run is shards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardedFire {
    pub scheduled_at: i64,
    pub fire_key: i64,
}

impl ShardedFire {
    /// None where one run is all of the fire.
    pub(crate) fn of(scheduled_at: i64, fire_key: i64, shard_count: i64) -> Option<Self> {
        (shard_count > 1).then_some(Self {
            scheduled_at,
            fire_key,
        })
    }
}

/// Whether another shard of the same fire stands before this one among runs that end together.
pub(crate) fn is_later_shard(ended: &[EndedRun], index: usize) -> bool {
    let run = &ended[index];
    run.shards_of.is_some() && ended[..index].iter().any(|earlier| earlier.first == run.first)
}

/// A run that ends without a further attempt, read before its row is deleted.
pub(crate) async fn unstarted(connection: &mut SqliteConnection, id: RunId) -> Result<EndedRun, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT run.job_id, run.job_name, run.handler_name, run.group_id, run.scheduled_at, run.fire_key,
            run.shard_count, run.chain_depth, coalesce(run.policy, revision.policy) AS "policy: String"
        FROM run LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        WHERE run.id = ?"#,
        id.0
    )
    .fetch_one(connection)
    .await?;
    let policy = row
        .policy
        .ok_or_else(|| decode_error("policy", "neither run nor revision has one"))?;
    Ok(EndedRun {
        job: row.job_id.zip(row.job_name),
        handler_name: row.handler_name,
        first: RunId(row.group_id),
        shards_of: ShardedFire::of(row.scheduled_at, row.fire_key, row.shard_count),
        chain_depth: small(row.chain_depth),
        policy: json("policy", &policy)?,
        status: AttemptStatus::Cancelled,
        result: None,
    })
}

/// Gives turns, tells who waits for it, and starts what follows, once the rows of the ended runs are gone.
pub(crate) async fn after(
    connection: &mut SqliteConnection,
    memory: &Memory,
    ended: &[EndedRun],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let jobs = ended
        .iter()
        .filter_map(|run| run.job.as_ref().map(|(id, _)| *id))
        .collect();
    let standing = Standing::look(connection, &jobs).await?;
    effects.queue |= standing.places;
    if standing.turns {
        effects.queue |= make_way(connection, &jobs).await?;
    }
    if standing.rules {
        alerts::after(connection, memory, ended, now, effects).await?;
    }
    // What has ended is settled before anything starts: a start may cancel the last shard of a fire that others of these runs
    // belong to, and its end is followed up by itself.
    let mut over = Vec::new();
    for (index, run) in ended.iter().enumerate() {
        let policy = &run.policy;
        if policy.on_success.is_empty() && policy.on_failure.is_empty() {
            continue;
        }
        // The last shards of a fire may end together; what follows the fire follows it once.
        if is_later_shard(ended, index) {
            continue;
        }
        if let (Some((job_id, job_name)), Some((status, result))) =
            (run.job.clone(), outcome(connection, run).await?)
        {
            let upstream = Upstream {
                run_id: run.first,
                job_id: JobId(job_id),
                job_name,
                status,
                result,
            };
            over.push((run, upstream));
        }
    }
    for (run, upstream) in over {
        for name in chain::followers(&run.policy, upstream.status) {
            // Starting one may cancel others, whose end comes here again.
            Box::pin(start(
                connection,
                memory,
                name,
                &upstream,
                run.chain_depth + 1,
                now,
                effects,
            ))
            .await?;
        }
    }
    Ok(())
}

/// How the fire of a run has ended, with what it returned; none while other shards of it go on.
pub(crate) async fn outcome(
    connection: &mut SqliteConnection,
    run: &EndedRun,
) -> Result<Option<(AttemptStatus, Option<String>)>, sqlx::Error> {
    let Some(fire) = run.shards_of else {
        return Ok(Some((run.status, run.result.clone())));
    };
    let job = run.job.as_ref().map(|(id, _)| *id);
    let going_on = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM run WHERE job_id = ? AND scheduled_at = ? AND fire_key = ?) AS "any!: bool""#,
        job,
        fire.scheduled_at,
        fire.fire_key
    )
    .fetch_one(&mut *connection)
    .await?;
    if going_on {
        return Ok(None);
    }
    let Some(job) = job else { return Ok(None) };
    group_outcome(connection, job, fire).await.map(Some)
}

/// How the shards of a fire ended together, with what they returned.
async fn group_outcome(
    connection: &mut SqliteConnection,
    job: i64,
    fire: ShardedFire,
) -> Result<(AttemptStatus, Option<String>), sqlx::Error> {
    let shards = sqlx::query!(
        "SELECT status, result FROM infra_job_log
        WHERE job_id = ? AND scheduled_at = ? AND fire_key = ? AND last = 1 ORDER BY shard_index",
        job,
        fire.scheduled_at,
        fire.fire_key
    )
    .fetch_all(connection)
    .await?;
    let statuses = shards
        .iter()
        .map(|shard| word("status", &shard.status))
        .collect::<Result<Vec<_>, _>>()?;
    let results: Vec<_> = shards.iter().map(|shard| &shard.result).collect();
    let results = Some(to_json(&results)?).filter(|list| list.len() <= limits::RESULT_BYTES);
    Ok((chain::group_status(statuses), results))
}

/// What a chain handed on when this run had ended; none where the log does not know the run any more.
pub(crate) async fn upstream_of(
    connection: &mut SqliteConnection,
    run: RunId,
) -> Result<Option<Upstream>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT job_id, job_name, scheduled_at, fire_key, shard_count, status, result FROM infra_job_log
        WHERE (id = ?1 AND run_id = ?1 OR run_id = ?1 AND execute_index > 1) AND last = 1",
        run.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some((job_id, job_name)) = row.job_id.zip(row.job_name) else {
        return Ok(None);
    };
    let (status, result) = match ShardedFire::of(row.scheduled_at, row.fire_key, row.shard_count) {
        None => (word("status", &row.status)?, row.result),
        Some(fire) => group_outcome(connection, job_id, fire).await?,
    };
    Ok(Some(Upstream {
        run_id: run,
        job_id: JobId(job_id),
        job_name,
        status,
        result,
    }))
}

async fn start(
    connection: &mut SqliteConnection,
    memory: &Memory,
    name: &str,
    upstream: &Upstream,
    depth: u32,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let row: Option<JobRow> = select_jobs!("WHERE name = ?", name)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(job) = row.map(Job::try_from).transpose()? else {
        let refused = Refused {
            reason: SkipReason::NoJob,
            blocked_by: None,
        };
        effects.skipped.push((refused.reason, 1));
        return skip(connection, memory, name, None, upstream, &refused, now).await;
    };
    let queue = Queue::look_at_jobs(connection, std::slice::from_ref(&job)).await?;
    let start = match chain::admit(&job, depth, queue.active(&job), now) {
        Ok(start) => start,
        Err(refused) => {
            effects.skipped.push((refused.reason, 1));
            return skip(connection, memory, name, Some(&job), upstream, &refused, now).await;
        }
    };
    let run = NewRun {
        id: memory.next_run(now),
        job: &job,
        trigger: Trigger::Chain,
        by: None,
        handler_param: None,
        parts: None,
        upstream: Some((upstream, depth)),
        scheduled_at: now,
        due_at: now,
        held: start.held,
    };
    new_runs::insert(connection, memory, std::slice::from_ref(&run), None, now).await?;
    for other in &start.cancels {
        let by = format!("cancelOther: run {}", run.id);
        cancel::group(connection, memory, (job.id.0, *other), &by, now, effects).await?;
    }
    effects.queue = true;
    Ok(())
}

/// A row that tells why a chained job did not start.
async fn skip(
    connection: &mut SqliteConnection,
    memory: &Memory,
    name: &str,
    job: Option<&Job>,
    upstream: &Upstream,
    refused: &Refused,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (id, at) = (memory.next(now), now.as_micros());
    let (job_id, revision) = (job.map(|job| job.id.0), job.map(|job| job.revision));
    let handler = job.map_or("", |job| &job.spec.handler_name);
    let (status, trigger) = (AttemptStatus::Skipped.as_str(), Trigger::Chain.as_str());
    let (reason, blocked_by) = (refused.reason.as_str(), refused.blocked_by.map(|run| run.0));
    let cause = format!("started by run {} of {}", upstream.run_id, upstream.job_name);
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, execute_index, status, run_trigger,
            scheduled_at, fire_key, fire_count, reason, blocked_by, error, end_time, last, upstream_run)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?1, 1, ?9, ?10, ?11, ?8, 1, ?12)",
        id,
        job_id,
        name,
        revision,
        handler,
        status,
        trigger,
        at,
        reason,
        blocked_by,
        cause,
        upstream.run_id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the end of runs can bring about. Most bring about nothing, and that is told by one look into each index.
struct Standing {
    /// Fires of these jobs wait for their turn.
    turns: bool,
    /// Runs wait for a place of their handler: the next claim lets them in.
    places: bool,
    /// There are rules by which somebody is told.
    rules: bool,
}

impl Standing {
    async fn look(connection: &mut SqliteConnection, jobs: &BTreeSet<i64>) -> Result<Self, sqlx::Error> {
        let (jobs, capacity) = (to_json(jobs)?, Hold::Capacity.as_str());
        sqlx::query_as!(
            Self,
            r#"SELECT EXISTS (
                    SELECT 1 FROM json_each(?1) AS ended CROSS JOIN run ON run.job_id = ended.value AND run.hold = 'turn'
                ) AS "turns!: bool",
                EXISTS (
                    SELECT 1 FROM handler CROSS JOIN run ON run.handler_name = handler.name AND run.hold = ?2
                    WHERE handler.max_concurrency IS NOT NULL
                ) AS "places!: bool",
                EXISTS (SELECT 1 FROM alert_rule) AS "rules!: bool""#,
            jobs,
            capacity
        )
        .fetch_one(connection)
        .await
    }
}

/// Lets the oldest fire that waits go on, of each job that has no other run left, and says whether there was one.
async fn make_way(connection: &mut SqliteConnection, jobs: &BTreeSet<i64>) -> Result<bool, sqlx::Error> {
    let jobs = to_json(jobs)?;
    // Thousands of a backfill may wait: they are counted in the indexes, and not looked at one by one.
    let given = sqlx::query!(
        "UPDATE run SET hold = NULL WHERE hold = 'turn' AND (job_id, group_id) IN (
            SELECT ended.value, (SELECT min(group_id) FROM run WHERE job_id = ended.value AND hold = 'turn')
            FROM json_each(?) AS ended
            WHERE CASE WHEN EXISTS (SELECT 1 FROM run WHERE job_id = ended.value AND hold = 'turn')
                THEN (SELECT count(*) FROM run WHERE job_id = ended.value)
                    = (SELECT count(*) FROM run WHERE job_id = ended.value AND hold = 'turn')
                ELSE 0 END
        )",
        jobs
    )
    .execute(connection)
    .await?;
    Ok(given.rows_affected() > 0)
}
