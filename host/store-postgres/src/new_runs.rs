//! Runs as they are made: by a fire, by hand, by a chain, by a backfill. The shards of a fire are made together.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    ids::RunId,
    job::Job,
    run::{Hold, Shard, Upstream},
    status::{RunState, Trigger},
    time::Timestamp,
};

use crate::{
    Ids,
    convert::{plain_option, to_json},
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

/// Rows of `run`, column by column. What runs that nobody has started yet have in common is not here.
#[derive(Default)]
struct Rows<'a> {
    id: Vec<i64>,
    job_id: Vec<i64>,
    job_name: Vec<&'a str>,
    revision: Vec<i64>,
    handler_name: Vec<&'a str>,
    handler_param: Vec<Option<Cow<'a, str>>>,
    run_trigger: Vec<&'static str>,
    requested_by: Vec<Option<&'a str>>,
    retry_of: Vec<Option<i64>>,
    scheduled_at: Vec<DateTime<Utc>>,
    fire_key: Vec<i64>,
    due_at: Vec<DateTime<Utc>>,
    state: Vec<&'static str>,
    hold: Vec<Option<&'static str>>,
    priority: Vec<i64>,
    group_id: Vec<i64>,
    shard_index: Vec<i64>,
    shard_count: Vec<i64>,
    upstream: Vec<Option<String>>,
    upstream_run: Vec<Option<i64>>,
    chain_depth: Vec<i64>,
}

/// Makes the runs, each with all its shards.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    ids: &Ids,
    runs: &[NewRun<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::default();
    for run in runs {
        rows.add(run, ids, now)?;
    }
    sqlx::query!(
        "INSERT INTO run (id, job_id, job_name, revision, handler_name, handler_param, run_trigger, requested_by,
            retry_of, scheduled_at, fire_key, due_at, state, hold, priority, group_id, shard_index, shard_count,
            upstream, upstream_run, chain_depth)
        SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::bigint[], $10::timestamptz[], $11::bigint[], $12::timestamptz[], $13::text[], $14::text[],
            $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::text[], $20::bigint[], $21::bigint[])",
        &rows.id,
        &rows.job_id,
        &rows.job_name as &[&str],
        &rows.revision,
        &rows.handler_name as &[&str],
        &rows.handler_param as &[Option<Cow<'_, str>>],
        &rows.run_trigger as &[&str],
        &rows.requested_by as &[Option<&str>],
        &rows.retry_of as &[Option<i64>],
        &rows.scheduled_at,
        &rows.fire_key,
        &rows.due_at,
        &rows.state as &[&str],
        &rows.hold as &[Option<&str>],
        &rows.priority,
        &rows.group_id,
        &rows.shard_index,
        &rows.shard_count,
        &rows.upstream as &[Option<String>],
        &rows.upstream_run as &[Option<i64>],
        &rows.chain_depth
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl<'a> Rows<'a> {
    fn add(&mut self, run: &NewRun<'a>, ids: &Ids, now: Timestamp) -> Result<(), sqlx::Error> {
        let spec = &run.job.spec;
        let fire_key = if run.trigger == Trigger::Cron { 0 } else { run.id.0 };
        let state = if run.due_at > now {
            RunState::Scheduled
        } else {
            RunState::Queued
        };
        let upstream = run.upstream.map(|(upstream, _)| to_json(upstream)).transpose()?;
        for (position, (retry_of, shard)) in parts(run).into_iter().enumerate() {
            self.id.push(if position == 0 { run.id.0 } else { ids.next(now) });
            self.job_id.push(run.job.id.0);
            self.job_name.push(&spec.name);
            self.revision.push(run.job.revision);
            self.handler_name.push(&spec.handler_name);
            self.handler_param.push(plain_option(run.handler_param));
            self.run_trigger.push(run.trigger.as_str());
            self.requested_by.push(run.by);
            self.retry_of.push(retry_of.map(|run| run.0));
            self.scheduled_at.push(run.scheduled_at.to_chrono());
            self.fire_key.push(fire_key);
            self.due_at.push(run.due_at.to_chrono());
            self.state.push(state.as_str());
            self.hold.push(run.held.then_some(Hold::Turn.as_str()));
            self.priority.push(i64::from(spec.priority));
            self.group_id.push(run.id.0);
            self.shard_index.push(i64::from(shard.index));
            self.shard_count.push(i64::from(shard.count));
            self.upstream.push(upstream.clone());
            self.upstream_run
                .push(run.upstream.map(|(upstream, _)| upstream.run_id.0));
            self.chain_depth
                .push(run.upstream.map_or(0, |(_, depth)| i64::from(depth)));
        }
        Ok(())
    }
}

fn parts(run: &NewRun<'_>) -> Vec<(Option<RunId>, Shard)> {
    if let Some(parts) = run.parts {
        return parts.iter().map(|(of, shard)| (Some(*of), *shard)).collect();
    }
    let count = run.job.spec.shards;
    (0..count).map(|index| (None, Shard { index, count })).collect()
}
