//! The queue: runs that people and programs ask for, and the end of runs that never began.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{AttemptId, BootId, RunId},
    job::Job,
    release,
    run::{Attempt, AttemptLog, Hold, Outcome, Run},
    status::{AttemptStatus, RunState, Trigger},
    time::Timestamp,
};
use wasmtab_store::{
    AttemptFilter, CancelReply, ClaimRequest, Claimed, FinishReply, Hint, NewCall, NewTrigger, Page,
    RunFilter, RunStore, StoreResult, Swept, TriggerRefused,
};

use crate::{
    Ids, SqliteStore, claim,
    convert::{JobRow, select_jobs, to_json},
    finish, reads,
    release::active_runs,
    store_error,
};

#[async_trait]
impl RunStore for SqliteStore {
    async fn trigger(&self, trigger: NewTrigger) -> StoreResult<Result<Run, TriggerRefused>> {
        let ids = self.ids.clone();
        let run = self
            .write(move |c| Box::pin(async move { start(c, &ids, &trigger).await }))
            .await?;
        if run.is_ok() {
            self.hints.send(Hint::Queue);
        }
        Ok(run)
    }

    async fn call(&self, call: NewCall) -> StoreResult<Run> {
        let ids = self.ids.clone();
        let run = self
            .write(move |c| Box::pin(async move { plan_call(c, &ids, &call).await }))
            .await?;
        self.hints.send(Hint::Queue);
        Ok(run)
    }

    async fn claim_due(&self, request: &ClaimRequest) -> StoreResult<Claimed> {
        let (ids, request) = (self.ids.clone(), request.clone());
        self.write(move |c| Box::pin(async move { claim::claim_due(c, &ids, &request).await }))
            .await
    }

    async fn mark_running(&self, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()> {
        let begun: Vec<_> = begun
            .iter()
            .map(|(attempt, begin)| (attempt.0, begin.as_micros()))
            .collect();
        let begun = to_json(&begun).map_err(store_error)?;
        self.write(move |c| Box::pin(async move { claim::mark_running(c, &begun).await }))
            .await
    }

    async fn finish(&self, outcomes: &[Outcome], now: Timestamp) -> StoreResult<Vec<FinishReply>> {
        let owned = outcomes.to_vec();
        let replies = self
            .write(move |c| Box::pin(async move { finish::finish(c, &owned, now).await }))
            .await?;
        for (outcome, reply) in outcomes.iter().zip(&replies) {
            match reply {
                FinishReply::Ended => self.hints.send(Hint::RunEnded(outcome.run_id)),
                FinishReply::Retry(_) => self.hints.send(Hint::RunChanged(outcome.run_id)),
                FinishReply::Refused => {}
            }
        }
        self.hints.send(Hint::Queue);
        Ok(replies)
    }

    async fn cancel_run(&self, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply> {
        let (ids, by) = (self.ids.clone(), by.to_owned());
        let reply = self
            .write(move |c| Box::pin(async move { cancel(c, &ids, id, &by, now).await }))
            .await?;
        match reply {
            CancelReply::Ended => {
                self.hints.send(Hint::RunEnded(id));
                self.hints.send(Hint::Queue);
            }
            CancelReply::Asked(attempt) => self.hints.send(Hint::Cancel(attempt)),
            CancelReply::AlreadyEnded | CancelReply::NotFound => {}
        }
        Ok(reply)
    }

    async fn rescue(&self, living: BootId, now: Timestamp) -> StoreResult<u64> {
        let rescued = self
            .write(move |c| Box::pin(async move { finish::rescue(c, living, now).await }))
            .await?;
        if rescued > 0 {
            self.hints.send(Hint::Queue);
        }
        Ok(rescued)
    }

    async fn run(&self, id: RunId) -> StoreResult<Option<Run>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        reads::run(&mut connection, id).await.map_err(store_error)
    }

    async fn runs(&self, filter: &RunFilter, before: Option<i64>, limit: u32) -> StoreResult<Page<Run>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        reads::runs(&mut connection, filter, before, limit)
            .await
            .map_err(store_error)
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Page<Attempt>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        reads::attempts(&mut connection, filter, before, limit)
            .await
            .map_err(store_error)
    }

    async fn attempt(&self, id: AttemptId) -> StoreResult<Option<Attempt>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        reads::attempt(&mut connection, id).await.map_err(store_error)
    }

    async fn attempt_log(&self, id: AttemptId) -> StoreResult<AttemptLog> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        reads::attempt_log(&mut connection, id).await.map_err(store_error)
    }

    async fn sweep_log(&self, before: Timestamp, limit: u32) -> StoreResult<Swept> {
        self.write(move |c| Box::pin(async move { finish::sweep(c, before, limit).await }))
            .await
    }
}

async fn start(
    connection: &mut SqliteConnection,
    ids: &Ids,
    trigger: &NewTrigger,
) -> Result<Result<Run, TriggerRefused>, sqlx::Error> {
    let row: Option<JobRow> = select_jobs!("WHERE id = ?", trigger.job_id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(Err(TriggerRefused::NotFound));
    };
    let job = Job::try_from(row)?;
    let active = active_runs(connection, std::slice::from_ref(&job)).await?;
    let overlap = trigger.overlap.unwrap_or(job.spec.overlap);
    let held = match release::start(overlap, active.get(&job.id.0).map_or(&[], Vec::as_slice)) {
        Ok(held) => held,
        Err(blocking) => return Ok(Err(TriggerRefused::Overlap(blocking))),
    };
    let id = ids.next_run(trigger.now);
    let (at, hold) = (trigger.now.as_micros(), held.then_some(Hold::Turn.as_str()));
    let (kind, state) = (Trigger::Manual.as_str(), RunState::Queued.as_str());
    let retry_of = trigger.retry_of.map(|run| run.0);
    sqlx::query!(
        "INSERT INTO run (id, job_id, job_name, revision, handler_name, handler_param, run_trigger, requested_by,
            retry_of, scheduled_at, fire_key, due_at, state, hold)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?1, ?10, ?11, ?12)",
        id.0,
        job.id.0,
        job.spec.name,
        job.revision,
        job.spec.handler_name,
        trigger.handler_param,
        kind,
        trigger.by,
        retry_of,
        at,
        state,
        hold
    )
    .execute(&mut *connection)
    .await?;
    reads::made_run(connection, id).await.map(Ok)
}

async fn plan_call(connection: &mut SqliteConnection, ids: &Ids, call: &NewCall) -> Result<Run, sqlx::Error> {
    let id = ids.next_run(call.now);
    let (at, policy) = (call.at.as_micros(), to_json(&call.policy)?);
    let state = if call.at > call.now {
        RunState::Scheduled
    } else {
        RunState::Queued
    }
    .as_str();
    let (kind, retry_of) = (Trigger::Call.as_str(), call.retry_of.map(|run| run.0));
    sqlx::query!(
        "INSERT INTO run (id, policy, handler_name, handler_param, run_trigger, requested_by, retry_of, scheduled_at,
            fire_key, due_at, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?1, ?8, ?9)",
        id.0,
        policy,
        call.handler_name,
        call.handler_param,
        kind,
        call.by,
        retry_of,
        at,
        state
    )
    .execute(&mut *connection)
    .await?;
    reads::made_run(connection, id).await
}

async fn cancel(
    connection: &mut SqliteConnection,
    ids: &Ids,
    id: RunId,
    by: &str,
    now: Timestamp,
) -> Result<CancelReply, sqlx::Error> {
    let active = sqlx::query!("SELECT state, attempt_id FROM run WHERE id = ?", id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(run) = active else {
        let ended = reads::run(connection, id).await?;
        return Ok(if ended.is_some() {
            CancelReply::AlreadyEnded
        } else {
            CancelReply::NotFound
        });
    };
    if run.state == RunState::Running.as_str()
        && let Some(attempt) = run.attempt_id
    {
        sqlx::query!(
            "UPDATE run SET cancel_by = coalesce(cancel_by, ?) WHERE id = ?",
            by,
            id.0
        )
        .execute(connection)
        .await?;
        return Ok(CancelReply::Asked(AttemptId(attempt)));
    }
    end_unstarted(connection, ids, id, AttemptStatus::Cancelled, Some(by), now).await?;
    Ok(CancelReply::Ended)
}

/// Ends a run none of whose attempts is going on: a row of the log tells, and the next run of its job gets its turn.
pub(crate) async fn end_unstarted(
    connection: &mut SqliteConnection,
    ids: &Ids,
    id: RunId,
    status: AttemptStatus,
    by: Option<&str>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let run = sqlx::query!("SELECT job_id, attempts FROM run WHERE id = ?", id.0)
        .fetch_one(&mut *connection)
        .await?;
    let row = if run.attempts == 0 { id.0 } else { ids.next(now) };
    let (at, status) = (now.as_micros(), status.as_str());
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
            run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, due_at, end_time, cancel_by, last)
        SELECT ?2, job_id, job_name, revision, handler_name, handler_param, attempts + 1, ?3, id, run_trigger,
            requested_by, retry_of, scheduled_at, fire_key, due_at, ?4, ?5, 1
        FROM run WHERE id = ?1",
        id.0,
        row,
        status,
        at,
        by
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("DELETE FROM run WHERE id = ?", id.0)
        .execute(&mut *connection)
        .await?;
    finish::give_turns(connection, run.job_id.as_slice()).await
}
