//! Runs as they are made: by a fire, by hand, by a chain, by a backfill. The shards of a fire are made together.

use std::collections::HashSet;

use indexmap::IndexSet;
use serde::Serialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::RunId,
    job::Job,
    run::{Claim, Hold, Run, RunStatus, Shard, Upstream},
    status::{RunState, Trigger},
    time::Timestamp,
};
use wasmtab_store::ClaimRequest;

use crate::{
    Memory,
    claim::LogRows,
    convert::to_json,
    statements::{insert_log_rows, insert_runs, query},
};

/// A run of a job that is to be made.
#[derive(Debug)]
pub(crate) struct NewRun<'a> {
    /// Its id; of shards the first one's.
    pub id: RunId,
    /// Whose.
    pub job: &'a Job,
    /// Why it exists.
    pub trigger: Trigger,
    /// Who asked.
    pub by: Option<&'a str>,
    /// In place of the job's own parameter.
    pub handler_param: Option<&'a str>,
    /// The parts of its fire that are made, each with the ended run that it repeats; none: all that the job says.
    pub parts: Option<&'a [(RunId, Shard)]>,
    /// What a chain hands on, and how many chain starts it follows.
    pub upstream: Option<(&'a Upstream, u32)>,
    /// The planned instant.
    pub scheduled_at: Timestamp,
    /// When it may start.
    pub due_at: Timestamp,
    /// Whether it waits for the runs before it.
    pub held: bool,
}

/// What is a run's own, in the order in which `insert` reads it: id, job, its name and revision, the planned instant, when it may
/// start, the first shard's id, and the number of what it shares with others.
#[derive(Serialize)]
struct Row<'a>(i64, i64, &'a str, i64, i64, i64, i64, usize);

/// What runs that are made together mostly share, in the order in which `insert` reads it. It is said once: taking a value out
/// of a row costs more than finding this.
#[derive(PartialEq, Eq, Hash, Serialize)]
struct Shared<'a>(
    &'a str,
    Option<&'a str>,
    &'static str,
    Option<&'a str>,
    Option<i64>,
    bool,
    &'static str,
    Option<&'static str>,
    i32,
    u32,
    u32,
    Option<&'a str>,
    Option<i64>,
    u32,
    Option<i64>,
);

/// Makes the runs, each with all its shards. Those that are claimed already are made as such, with their rows of the log.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    memory: &Memory,
    runs: &[NewRun<'_>],
    claimed: Option<(&ClaimRequest, &[Claim])>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let upstreams = runs
        .iter()
        .map(|run| run.upstream.map(|(upstream, _)| to_json(upstream)).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let (owner, claims) = match claimed {
        Some((request, claims)) => (Some(request.boot_id.0), claims),
        None => (None, &[][..]),
    };
    let claimed_runs: HashSet<_> = claims.iter().map(|claim| claim.run_id).collect();
    let mut rows = Vec::with_capacity(runs.len());
    let mut said = IndexSet::new();
    for (run, upstream) in runs.iter().zip(&upstreams) {
        let spec = &run.job.spec;
        let owner = owner.filter(|_| claimed_runs.contains(&run.id));
        let state = if owner.is_some() {
            RunState::Running
        } else {
            run.state(now)
        };
        for (position, (retry_of, shard)) in parts(run).into_iter().enumerate() {
            let (number, _) = said.insert_full(Shared(
                &spec.handler_name,
                run.handler_param,
                run.trigger.as_str(),
                run.by,
                retry_of.map(|run| run.0),
                run.trigger == Trigger::Cron,
                state.as_str(),
                run.held.then_some(Hold::Turn.as_str()),
                spec.priority,
                shard.index,
                shard.count,
                upstream.as_deref(),
                run.upstream.map(|(upstream, _)| upstream.run_id.0),
                run.upstream.map_or(0, |(_, depth)| depth),
                owner,
            ));
            rows.push(Row(
                if position == 0 { run.id.0 } else { memory.next(now) },
                run.job.id.0,
                &spec.name,
                run.job.revision,
                run.scheduled_at.as_micros(),
                run.due_at.as_micros(),
                run.id.0,
                number,
            ));
        }
    }
    let (rows, said) = (to_json(&rows)?, to_json(&said)?);
    match claimed {
        Some((request, claims)) if !claims.is_empty() => {
            let log = LogRows::of(request, claims)?;
            insert_runs!(
                insert_log_rows,
                said,
                rows,
                log.said,
                log.status,
                log.now,
                log.node,
                log.boot,
                log.rows
            )
            .execute(connection)
            .await?;
        }
        _ => {
            insert_runs!(query, said, rows).execute(connection).await?;
        }
    }
    Ok(())
}

impl NewRun<'_> {
    /// Until it is claimed.
    fn state(&self, now: Timestamp) -> RunState {
        if self.due_at > now {
            RunState::Scheduled
        } else {
            RunState::Queued
        }
    }

    /// The run as it is made, before anything else happens; of shards the first one.
    pub(crate) fn as_made(&self, now: Timestamp) -> Run {
        let spec = &self.job.spec;
        let (retry_of, shard) = parts(self)
            .first()
            .map_or((None, Shard::WHOLE), |(retry_of, shard)| (*retry_of, *shard));
        Run {
            id: self.id,
            job_id: Some(self.job.id),
            job_name: Some(spec.name.clone()),
            revision: Some(self.job.revision),
            handler_name: spec.handler_name.clone(),
            handler_param: self
                .handler_param
                .map(str::to_owned)
                .or_else(|| spec.handler_param.clone()),
            trigger: self.trigger,
            requested_by: self.by.map(str::to_owned),
            retry_of,
            upstream_run: self.upstream.map(|(upstream, _)| upstream.run_id),
            shard,
            scheduled_at: self.scheduled_at,
            status: RunStatus::Active(self.state(now)),
            due_at: Some(self.due_at),
            held: self.held.then_some(Hold::Turn),
            attempts: 0,
            attempt_id: None,
            cancel_requested_by: None,
            begin_time: None,
            end_time: None,
            result: None,
            error: None,
            warned_at: None,
            pending_until: None,
        }
    }

    /// Whether it needs nothing but a place to begin.
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        !self.held && self.due_at <= now && self.parts.is_none() && self.job.spec.shards == 1
    }
}

fn parts(run: &NewRun<'_>) -> Vec<(Option<RunId>, Shard)> {
    if let Some(parts) = run.parts {
        return parts.iter().map(|(of, shard)| (Some(*of), *shard)).collect();
    }
    let count = run.job.spec.shards;
    (0..count).map(|index| (None, Shard { index, count })).collect()
}
