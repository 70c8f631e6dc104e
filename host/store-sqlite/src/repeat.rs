//! Ended runs that are carried out once more.

use std::collections::{BTreeSet, HashMap};

use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{JobId, RunId},
    job::Job,
    repeat::{self, Candidate, JobRuns, Repeat, Repeats},
    run::{RunPolicy, Upstream},
    status::{RunState, Trigger},
};
use wasmtab_store::{NewRepeats, RepeatReply};

use crate::{
    Memory, cancel, chains,
    convert::{instant, json, select_jobs, shard, to_json},
    decode_error,
    effects::Effects,
    new_runs::{self, NewRun},
    queue::Queue,
};

/// What shall be made, and what it is made of.
pub(crate) struct Plan {
    repeats: Repeats,
    old: HashMap<RunId, OldRun>,
    jobs: HashMap<JobId, Job>,
}

/// What a new run takes over from the one that it repeats.
struct OldRun {
    handler_name: String,
    handler_param: String,
    upstream_run: Option<RunId>,
    policy: Option<String>,
}

/// Reads the runs and decides; nothing is written.
pub(crate) async fn plan(
    connection: &mut SqliteConnection,
    memory: &Memory,
    wanted: &NewRepeats,
) -> Result<Plan, sqlx::Error> {
    let (mut candidates, old) = ended(connection, &wanted.runs).await?;
    candidates.extend(active(connection, &wanted.runs).await?);
    let jobs = jobs(connection, &candidates).await?;
    let loaded: Vec<_> = jobs.values().cloned().collect();
    let queue = Queue::look_at_jobs(connection, &loaded).await?;
    let job_runs: HashMap<_, _> = jobs
        .values()
        .map(|job| {
            let runs = JobRuns {
                overlap: job.spec.overlap,
                active: queue.active(job).to_vec(),
            };
            (job.id, runs)
        })
        .collect();
    let next_id = || memory.next_run(wanted.now);
    let repeats = repeat::repeat(&candidates, &job_runs, wanted.wish, wanted.now, next_id);
    Ok(Plan { repeats, old, jobs })
}

/// Decides and makes the new runs.
pub(crate) async fn repeat(
    connection: &mut SqliteConnection,
    memory: &Memory,
    wanted: &NewRepeats,
    effects: &mut Effects,
) -> Result<Vec<RepeatReply>, sqlx::Error> {
    let plan = plan(connection, memory, wanted).await?;
    let mut upstreams = HashMap::new();
    for made in &plan.repeats.made {
        if let Some(run) = plan.old_of(made)?.upstream_run
            && let Some(upstream) = chains::upstream_of(connection, run).await?
        {
            upstreams.insert(made.first, upstream);
        }
    }
    let runs = plan.new_runs(wanted, &upstreams)?;
    new_runs::insert(connection, memory, &runs, None, wanted.now).await?;
    insert_calls(connection, &plan, wanted).await?;
    for made in &plan.repeats.made {
        for other in &made.start.cancels {
            let Some(job) = made.job else { continue };
            cancel::group(
                connection,
                memory,
                (job.0, *other),
                &wanted.by,
                wanted.now,
                effects,
            )
            .await?;
        }
    }
    effects.queue |= !plan.repeats.made.is_empty();
    // Each shard has an id of its own: the newest run that repeats the old one.
    let new = repeated_by(connection, &wanted.runs).await?;
    Ok(plan.replies(wanted, &new))
}

/// The newest run that repeats each of these, where there is one.
pub(crate) async fn repeated_by(
    connection: &mut SqliteConnection,
    runs: &[RunId],
) -> Result<HashMap<RunId, RunId>, sqlx::Error> {
    let runs = listed(runs)?;
    let rows = sqlx::query!(
        r#"SELECT retry_of AS "old!: i64", max(run_id) AS "new!: i64" FROM (
            SELECT retry_of, id AS run_id FROM run WHERE retry_of IN (SELECT value FROM json_each(?1))
            UNION ALL
            SELECT retry_of, run_id FROM infra_job_log WHERE retry_of IN (SELECT value FROM json_each(?1))
        ) GROUP BY retry_of"#,
        runs
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (RunId(row.old), RunId(row.new)))
        .collect())
}

impl Plan {
    /// What becomes of each run that was asked for, in their order; `new` are the runs that were made, by the old ones.
    pub(crate) fn replies(&self, wanted: &NewRepeats, new: &HashMap<RunId, RunId>) -> Vec<RepeatReply> {
        let mut replies: HashMap<RunId, RepeatReply> = HashMap::new();
        for (old, _) in self.repeats.made.iter().flat_map(|made| &made.parts) {
            replies.insert(*old, RepeatReply::Made(new.get(old).copied()));
        }
        for (old, refused) in &self.repeats.refused {
            replies.insert(*old, RepeatReply::Refused(*refused));
        }
        wanted
            .runs
            .iter()
            .map(|run| replies.get(run).copied().unwrap_or(RepeatReply::NotFound))
            .collect()
    }

    fn new_runs<'a>(
        &'a self,
        wanted: &'a NewRepeats,
        upstreams: &'a HashMap<RunId, Upstream>,
    ) -> Result<Vec<NewRun<'a>>, sqlx::Error> {
        let trigger = if wanted.wish.keep_instant {
            Trigger::Backfill
        } else {
            Trigger::Manual
        };
        let mut runs = Vec::new();
        for made in &self.repeats.made {
            let Some(job) = made.job.and_then(|id| self.jobs.get(&id)) else {
                continue;
            };
            runs.push(NewRun {
                id: made.first,
                job,
                trigger,
                by: Some(&wanted.by),
                handler_param: Some(&self.old_of(made)?.handler_param),
                parts: Some(&made.parts),
                upstream: upstreams.get(&made.first).map(|upstream| (upstream, 0)),
                scheduled_at: made.scheduled_at,
                due_at: wanted.now,
                held: made.start.held,
            });
        }
        Ok(runs)
    }

    /// What the first part of a fire was; all its parts had it in common.
    fn old_of(&self, made: &Repeat) -> Result<&OldRun, sqlx::Error> {
        made.parts
            .first()
            .and_then(|(old, _)| self.old.get(old))
            .ok_or_else(|| decode_error("retry_of", "the run that is repeated was not read"))
    }
}

/// Each run once, as a JSON list.
fn listed(runs: &[RunId]) -> Result<String, sqlx::Error> {
    to_json(&runs.iter().map(|run| run.0).collect::<BTreeSet<_>>())
}

async fn ended(
    connection: &mut SqliteConnection,
    runs: &[RunId],
) -> Result<(Vec<Candidate>, HashMap<RunId, OldRun>), sqlx::Error> {
    let repeated = repeated_by(connection, runs).await?;
    let runs = listed(runs)?;
    let rows = sqlx::query!(
        r#"SELECT log.run_id AS "id!: i64", log.job_id, log.scheduled_at AS "scheduled_at!: i64",
            log.fire_key AS "fire_key!: i64", log.shard_index AS "shard_index!: i64",
            log.shard_count AS "shard_count!: i64", log.handler_name AS "handler_name!: String",
            coalesce(log.handler_param, '') AS "handler_param!: String", log.upstream_run, log.policy
        FROM json_each(?) AS chosen
        CROSS JOIN infra_job_log AS log
        WHERE (log.id = chosen.value AND log.run_id = chosen.value
            OR log.run_id = chosen.value AND log.execute_index > 1) AND log.last = 1"#,
        runs
    )
    .fetch_all(connection)
    .await?;
    let mut candidates = Vec::with_capacity(rows.len());
    let mut old = HashMap::with_capacity(rows.len());
    for row in rows {
        let run_id = RunId(row.id);
        candidates.push(Candidate {
            run_id,
            job: row.job_id.map(JobId),
            scheduled_at: instant(row.scheduled_at),
            fire_key: row.fire_key,
            shard: shard(row.shard_index, row.shard_count),
            active: false,
            repeated_by: repeated.get(&run_id).copied(),
        });
        old.insert(
            run_id,
            OldRun {
                handler_name: row.handler_name,
                handler_param: row.handler_param,
                upstream_run: row.upstream_run.map(RunId),
                policy: row.policy,
            },
        );
    }
    Ok((candidates, old))
}

async fn active(connection: &mut SqliteConnection, runs: &[RunId]) -> Result<Vec<Candidate>, sqlx::Error> {
    let runs = listed(runs)?;
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", job_id, scheduled_at, fire_key, shard_index, shard_count FROM run
        WHERE id IN (SELECT value FROM json_each(?))"#,
        runs
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            run_id: RunId(row.id),
            job: row.job_id.map(JobId),
            scheduled_at: instant(row.scheduled_at),
            fire_key: row.fire_key,
            shard: shard(row.shard_index, row.shard_count),
            active: true,
            repeated_by: None,
        })
        .collect())
}

async fn jobs(
    connection: &mut SqliteConnection,
    candidates: &[Candidate],
) -> Result<HashMap<JobId, Job>, sqlx::Error> {
    let ids: BTreeSet<_> = candidates
        .iter()
        .filter_map(|run| run.job)
        .map(|job| job.0)
        .collect();
    let ids = to_json(&ids)?;
    let rows = select_jobs!("WHERE id IN (SELECT value FROM json_each(?))", ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Job::try_from(row).map(|job| (job.id, job)))
        .collect()
}

/// Calls have no job that says how they are bounded: they keep what they had.
async fn insert_calls(
    connection: &mut SqliteConnection,
    plan: &Plan,
    wanted: &NewRepeats,
) -> Result<(), sqlx::Error> {
    let (trigger, state) = (Trigger::Call.as_str(), RunState::Queued.as_str());
    let mut rows = Vec::new();
    for made in plan.repeats.made.iter().filter(|made| made.job.is_none()) {
        let old = plan.old_of(made)?;
        let policy = old
            .policy
            .as_ref()
            .ok_or_else(|| decode_error("policy", "the log of a call has none"))?;
        let priority = json::<RunPolicy>("policy", policy)?.priority;
        rows.push((
            made.first.0,
            policy,
            &old.handler_name,
            &old.handler_param,
            &wanted.by,
            made.parts.first().map(|(run, _)| run.0),
            made.scheduled_at.as_micros(),
            wanted.now.as_micros(),
            priority,
        ));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let rows = to_json(&rows)?;
    sqlx::query!(
        "INSERT INTO run (id, policy, handler_name, handler_param, run_trigger, requested_by, retry_of, scheduled_at,
            fire_key, due_at, state, group_id, priority)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, value ->> 4, value ->> 5, value ->> 6,
            value ->> 0, value ->> 7, ?3, value ->> 0, value ->> 8
        FROM json_each(?1)",
        rows,
        trigger,
        state
    )
    .execute(connection)
    .await?;
    Ok(())
}
