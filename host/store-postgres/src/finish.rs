//! Outcomes: at most one per attempt is accepted, by its token; what follows is the domain's decision.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    retry::{Ended, Next, after_attempt},
    run::{AttemptLog, Hold, Outcome, RunPolicy},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};
use wasmtab_store::FinishReply;

use crate::{
    Ids,
    chains::{self, EndedRun},
    convert::{json, plain_option, signed, small, to_json},
    decode_error,
    effects::Effects,
    locks,
};

/// Attempts that one claim ends because their time is up.
const BATCH: i64 = 500;

/// A run whose attempt is going on, as its outcome finds it.
struct Owned {
    job: Option<(i64, String)>,
    handler_name: String,
    first: RunId,
    scheduled_at: DateTime<Utc>,
    fire_key: i64,
    shard_count: u32,
    chain_depth: u32,
    retries: u32,
    abandons: u32,
    cancelled: bool,
    paused: bool,
    policy: Arc<RunPolicy>,
}

/// What becomes of runs that go on, column by column.
#[derive(Default)]
struct Onward {
    id: Vec<i64>,
    state: Vec<&'static str>,
    due_at: Vec<DateTime<Utc>>,
    retries: Vec<i64>,
    abandons: Vec<i64>,
    hold: Vec<Option<&'static str>>,
    pending_until: Vec<Option<DateTime<Utc>>>,
    warn_at: Vec<Option<DateTime<Utc>>>,
}

/// Writes outcomes and what follows each.
pub(crate) async fn finish(
    connection: &mut PgConnection,
    ids: &Ids,
    outcomes: &[Outcome],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Vec<FinishReply>, sqlx::Error> {
    let runs: Vec<_> = outcomes.iter().map(|outcome| outcome.run_id.0).collect();
    locks::jobs_of_runs(connection, &runs).await?;
    let mut owned = owned_runs(connection, outcomes).await?;
    let mut replies = Vec::with_capacity(outcomes.len());
    let mut ended_runs = Vec::new();
    let mut ended = Vec::new();
    let mut onward = Onward::default();
    let mut rows = Rows::default();
    let mut logs = Logs::default();
    for outcome in outcomes {
        // Taking the run out lets a second outcome of the same attempt in one batch find nothing.
        let Some(run) = owned.remove(&(outcome.run_id.0, outcome.attempt_id.0)) else {
            replies.push(FinishReply::Refused);
            continue;
        };
        let id = outcome.run_id.0;
        let next = match outcome.pending_until {
            // A cancel that came while the guest handed its work over ends the run here.
            Some(until) if !run.cancelled => Next::Park(until),
            _ => after_attempt(
                &Ended {
                    policy: &run.policy.retry,
                    status: outcome.status,
                    permanent: outcome.permanent,
                    retries: run.retries,
                    abandons: run.abandons,
                    cancel_requested: run.cancelled,
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
                let hold = run.paused.then_some(Hold::Paused);
                onward.add(id, RunState::WaitingRetry, at, (retries + 1, abandons), hold);
                retry_at = Some(at);
            }
            Next::Requeue => {
                onward.add(id, RunState::Queued, now, (retries, abandons + 1), None);
                retry_at = Some(now);
            }
            Next::Park(until) => {
                let begin = outcome.begin_time.unwrap_or(now);
                let warn_at = run
                    .policy
                    .warn_after
                    .map(|length| begin.plus(length.to_duration()));
                onward.add(id, RunState::Running, now, (retries, abandons), None);
                onward.park(until, warn_at);
            }
        }
        replies.push(match (next, retry_at) {
            (Next::Park(_), _) => FinishReply::Pending,
            (_, Some(at)) => FinishReply::Retry(at),
            (_, None) => FinishReply::Ended,
        });
        rows.add(outcome, status, retry_at, next == Next::End)?;
        if outcome.log != AttemptLog::default() {
            logs.attempt.push(outcome.attempt_id.0);
            logs.log.push(to_json(&outcome.log)?);
        }
        if next == Next::End {
            effects.ended.push(outcome.run_id);
            ended.push(run.into_ended(status, outcome.result.clone()));
        } else {
            effects.changed.push(outcome.run_id);
        }
    }
    update_log(connection, &rows).await?;
    insert_lines(connection, &logs).await?;
    move_on(connection, &onward).await?;
    if !ended_runs.is_empty() {
        sqlx::query!("DELETE FROM run WHERE id = ANY($1)", &ended_runs)
            .execute(&mut *connection)
            .await?;
    }
    chains::after(connection, ids, &ended, now, effects).await?;
    Ok(replies)
}

impl Onward {
    fn add(
        &mut self,
        id: i64,
        state: RunState,
        due_at: Timestamp,
        (retries, abandons): (u32, u32),
        hold: Option<Hold>,
    ) {
        self.id.push(id);
        self.state.push(state.as_str());
        self.due_at.push(due_at.to_chrono());
        self.retries.push(i64::from(retries));
        self.abandons.push(i64::from(abandons));
        self.hold.push(hold.map(Hold::as_str));
        self.pending_until.push(None);
        self.warn_at.push(None);
    }

    /// The run that was added last goes on elsewhere.
    fn park(&mut self, until: Timestamp, warn_at: Option<Timestamp>) {
        self.pending_until.pop();
        self.pending_until.push(Some(until.to_chrono()));
        self.warn_at.pop();
        self.warn_at.push(warn_at.map(Timestamp::to_chrono));
    }
}

impl Owned {
    fn into_ended(self, status: AttemptStatus, result: Option<String>) -> EndedRun {
        EndedRun {
            job: self.job,
            handler_name: self.handler_name,
            first: self.first,
            scheduled_at: self.scheduled_at,
            fire_key: self.fire_key,
            shard_count: self.shard_count,
            chain_depth: self.chain_depth,
            policy: self.policy,
            status,
            result,
        }
    }
}

/// The runs whose attempts these outcomes are of; an outcome whose token is not the run's own finds none.
async fn owned_runs(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
) -> Result<HashMap<(i64, i64), Owned>, sqlx::Error> {
    let (runs, attempts): (Vec<i64>, Vec<i64>) = outcomes
        .iter()
        .map(|outcome| (outcome.run_id.0, outcome.attempt_id.0))
        .unzip();
    let rows = sqlx::query!(
        r#"SELECT run.id AS "id!: i64", run.attempt_id AS "attempt_id!: i64", run.job_id, run.job_name,
            run.handler_name, run.group_id, run.scheduled_at, run.fire_key, run.shard_count, run.chain_depth,
            run.retries, run.abandons, run.cancel_by IS NOT NULL AS "cancelled!: bool",
            infra_job.paused_at IS NOT NULL AS "paused!: bool",
            coalesce(run.policy, revision.policy) AS "policy: String"
        FROM UNNEST($1::bigint[], $2::bigint[]) AS token (run_id, attempt_id)
        JOIN run ON run.id = token.run_id AND run.attempt_id = token.attempt_id
        LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        LEFT JOIN infra_job ON infra_job.id = run.job_id
        WHERE run.state = 'running' FOR UPDATE OF run"#,
        &runs,
        &attempts
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let policy = row
                .policy
                .ok_or_else(|| decode_error("policy", "neither run nor revision has one"))?;
            let run = Owned {
                job: row.job_id.zip(row.job_name),
                handler_name: row.handler_name,
                first: RunId(row.group_id),
                scheduled_at: row.scheduled_at,
                fire_key: row.fire_key,
                shard_count: small(row.shard_count),
                chain_depth: small(row.chain_depth),
                retries: small(row.retries),
                abandons: small(row.abandons),
                cancelled: row.cancelled,
                paused: row.paused,
                policy: Arc::new(json("policy", &policy)?),
            };
            Ok(((row.id, row.attempt_id), run))
        })
        .collect()
}

/// Outcomes, column by column.
#[derive(Default)]
struct Rows<'a> {
    id: Vec<i64>,
    status: Vec<&'static str>,
    begin_time: Vec<Option<DateTime<Utc>>>,
    end_time: Vec<Option<DateTime<Utc>>>,
    duration: Vec<Option<i64>>,
    result: Vec<Option<Cow<'a, str>>>,
    error: Vec<Option<Cow<'a, str>>>,
    backtrace: Vec<Option<Cow<'a, str>>>,
    fuel_used: Vec<Option<i64>>,
    peak_memory: Vec<Option<i64>>,
    refusals: Vec<Option<String>>,
    log_lines: Vec<i64>,
    log_cut_lines: Vec<i64>,
    retry_at: Vec<Option<DateTime<Utc>>>,
    last: Vec<bool>,
}

impl<'a> Rows<'a> {
    fn add(
        &mut self,
        outcome: &'a Outcome,
        status: AttemptStatus,
        retry_at: Option<Timestamp>,
        last: bool,
    ) -> Result<(), sqlx::Error> {
        let ended = status.is_final();
        let refusals = if outcome.refusals.is_empty() {
            None
        } else {
            Some(to_json(&outcome.refusals)?)
        };
        self.id.push(outcome.attempt_id.0);
        self.status.push(status.as_str());
        self.begin_time.push(outcome.begin_time.map(Timestamp::to_chrono));
        self.end_time.push(ended.then_some(outcome.end_time.to_chrono()));
        self.duration.push(outcome.duration.filter(|_| ended).map(signed));
        self.result.push(plain_option(outcome.result.as_deref()));
        self.error.push(plain_option(outcome.error.as_deref()));
        self.backtrace.push(plain_option(outcome.backtrace.as_deref()));
        self.fuel_used.push(outcome.fuel_used.map(signed));
        self.peak_memory.push(outcome.peak_memory.map(signed));
        self.refusals.push(refusals);
        self.log_lines.push(signed(outcome.log.lines.len() as u64));
        self.log_cut_lines.push(signed(outcome.log.cut_lines));
        self.retry_at.push(retry_at.map(Timestamp::to_chrono));
        self.last.push(last);
        Ok(())
    }
}

/// What attempts wrote, column by column.
#[derive(Default)]
struct Logs {
    attempt: Vec<i64>,
    log: Vec<String>,
}

async fn update_log(connection: &mut PgConnection, rows: &Rows<'_>) -> Result<(), sqlx::Error> {
    if rows.id.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE infra_job_log SET status = new.status, begin_time = coalesce(new.begin_time, infra_job_log.begin_time),
            end_time = new.end_time, duration = new.duration, result = new.result, error = new.error,
            backtrace = new.backtrace, fuel_used = coalesce(new.fuel_used, infra_job_log.fuel_used),
            peak_memory = coalesce(new.peak_memory, infra_job_log.peak_memory),
            refusals = coalesce(new.refusals, infra_job_log.refusals),
            log_lines = infra_job_log.log_lines + new.log_lines,
            log_cut_lines = infra_job_log.log_cut_lines + new.log_cut_lines,
            retry_at = new.retry_at, last = new.last,
            cancel_by = (SELECT cancel_by FROM run WHERE run.id = infra_job_log.run_id)
        FROM UNNEST($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[],
            $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::timestamptz[],
            $15::boolean[])
            AS new (id, status, begin_time, end_time, duration, result, error, backtrace, fuel_used, peak_memory,
                refusals, log_lines, log_cut_lines, retry_at, last)
        WHERE infra_job_log.id = new.id",
        &rows.id,
        &rows.status as &[&str],
        &rows.begin_time as &[Option<DateTime<Utc>>],
        &rows.end_time as &[Option<DateTime<Utc>>],
        &rows.duration as &[Option<i64>],
        &rows.result as &[Option<Cow<'_, str>>],
        &rows.error as &[Option<Cow<'_, str>>],
        &rows.backtrace as &[Option<Cow<'_, str>>],
        &rows.fuel_used as &[Option<i64>],
        &rows.peak_memory as &[Option<i64>],
        &rows.refusals as &[Option<String>],
        &rows.log_lines,
        &rows.log_cut_lines,
        &rows.retry_at as &[Option<DateTime<Utc>>],
        &rows.last
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_lines(connection: &mut PgConnection, logs: &Logs) -> Result<(), sqlx::Error> {
    if logs.attempt.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO attempt_log (attempt_id, log) SELECT * FROM UNNEST($1::bigint[], $2::text[])",
        &logs.attempt,
        &logs.log
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn move_on(connection: &mut PgConnection, onward: &Onward) -> Result<(), sqlx::Error> {
    if onward.id.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE run SET state = new.state, due_at = new.due_at, retries = new.retries, abandons = new.abandons,
            hold = new.hold, boot_id = NULL, pending_until = new.pending_until, warn_at = new.warn_at
        FROM UNNEST($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[],
            $7::timestamptz[], $8::timestamptz[])
            AS new (id, state, due_at, retries, abandons, hold, pending_until, warn_at)
        WHERE run.id = new.id",
        &onward.id,
        &onward.state as &[&str],
        &onward.due_at,
        &onward.retries,
        &onward.abandons,
        &onward.hold as &[Option<&str>],
        &onward.pending_until as &[Option<DateTime<Utc>>],
        &onward.warn_at as &[Option<DateTime<Utc>>]
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the attempts whose work went on elsewhere for longer than it may.
pub(crate) async fn expire_pending(
    connection: &mut PgConnection,
    ids: &Ids,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let (at, most) = (now.to_chrono(), BATCH);
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE pending_until <= $1 ORDER BY pending_until, id LIMIT $2"#,
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
    finish(connection, ids, &outcomes, now, effects).await?;
    Ok(())
}
