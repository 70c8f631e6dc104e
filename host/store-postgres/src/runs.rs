//! The queue: runs that people and programs ask for, and the end of runs that never began.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::PgConnection;
use wasmtab_domain::{
    decided::DecidedFire,
    ids::{AttemptId, BootId, JobId, RunId},
    release::{self, ActiveRun},
    run::{Attempt, AttemptLog, Outcome, Run},
    status::{RunState, Trigger},
    time::Timestamp,
};
use wasmtab_store::{
    AttemptFilter, CancelReply, ClaimRequest, Claimed, FinishReply, NewBackfill, NewCall, NewRepeats,
    NewTrigger, Page, RepeatReply, RunFilter, RunStore, Started, StoreResult, TriggerRefused,
};

use crate::{
    Ids, PostgresStore,
    cancel::{self, Cancelled},
    claim,
    convert::{plain_option, to_json},
    decided,
    effects::Effects,
    finish, jobs,
    new_runs::{self, NewRun},
    reads,
    release::active_runs,
    repeat, rescue, store_error,
};

#[async_trait]
impl RunStore for PostgresStore {
    async fn trigger(&self, trigger: NewTrigger) -> StoreResult<Result<Started, TriggerRefused>> {
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { start(c, &ids, &trigger, effects).await })
        })
        .await
    }

    async fn backfill(&self, backfill: NewBackfill) -> StoreResult<Option<Vec<RunId>>> {
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { fill_back(c, &ids, &backfill, effects).await })
        })
        .await
    }

    async fn repeat(&self, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        if repeats.dry_run {
            let mut connection = self.readers.acquire().await.map_err(store_error)?;
            let plan = repeat::plan(&mut connection, &self.ids, &repeats).await;
            return plan
                .map(|plan| plan.replies(&repeats, &HashMap::new()))
                .map_err(store_error);
        }
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { repeat::repeat(c, &ids, &repeats, effects).await })
        })
        .await
    }

    async fn repeated_by(&self, runs: &[RunId]) -> StoreResult<Vec<(RunId, RunId)>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        let repeated = repeat::repeated_by(&mut connection, runs).await;
        Ok(repeated.map_err(store_error)?.into_iter().collect())
    }

    async fn decided_fires(
        &self,
        job: JobId,
        since: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Vec<DecidedFire>> {
        let mut connection = self.readers.acquire().await.map_err(store_error)?;
        decided::fires(&mut connection, job, since, until)
            .await
            .map_err(store_error)
    }

    async fn call(&self, call: NewCall) -> StoreResult<Run> {
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            effects.queue = true;
            Box::pin(async move { plan_call(c, &ids, &call).await })
        })
        .await
    }

    async fn claim_due(&self, request: &ClaimRequest) -> StoreResult<Claimed> {
        let (ids, request) = (self.ids.clone(), request.clone());
        self.write_announced(move |c, effects| {
            Box::pin(async move { claim::claim_due(c, &ids, &request, effects).await })
        })
        .await
    }

    async fn mark_running(&self, begun: &[(AttemptId, Timestamp)]) -> StoreResult<()> {
        let begun = begun.to_vec();
        self.write(move |c| Box::pin(async move { claim::mark_running(c, &begun).await }))
            .await
    }

    async fn finish(&self, outcomes: &[Outcome], now: Timestamp) -> StoreResult<Vec<FinishReply>> {
        let (ids, outcomes) = (self.ids.clone(), outcomes.to_vec());
        self.write_announced(move |c, effects| {
            Box::pin(async move { finish::finish(c, &ids, &outcomes, now, effects).await })
        })
        .await
    }

    async fn cancel_run(&self, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply> {
        let (ids, by) = (self.ids.clone(), by.to_owned());
        let cancelled = self
            .write_announced(move |c, effects| {
                Box::pin(async move { cancel::run(c, &ids, id, &by, now, effects).await })
            })
            .await?;
        Ok(match cancelled {
            Cancelled::Ended => CancelReply::Ended,
            Cancelled::Asked(attempt) => CancelReply::Asked(attempt),
            Cancelled::Unknown if self.run(id).await?.is_some() => CancelReply::AlreadyEnded,
            Cancelled::Unknown => CancelReply::NotFound,
        })
    }

    async fn cancel_runs(&self, runs: &[RunId], by: &str, now: Timestamp) -> StoreResult<Vec<CancelReply>> {
        let (ids, runs, by) = (self.ids.clone(), runs.to_vec(), by.to_owned());
        self.write_announced(move |c, effects| {
            Box::pin(async move {
                let mut replies = Vec::with_capacity(runs.len());
                for run in runs {
                    replies.push(match cancel::run(c, &ids, run, &by, now, effects).await? {
                        Cancelled::Ended => CancelReply::Ended,
                        Cancelled::Asked(attempt) => CancelReply::Asked(attempt),
                        Cancelled::Unknown if reads::run(c, run).await?.is_some() => {
                            CancelReply::AlreadyEnded
                        }
                        Cancelled::Unknown => CancelReply::NotFound,
                    });
                }
                Ok(replies)
            })
        })
        .await
    }

    async fn cancel_wishes(&self, boot_id: BootId) -> StoreResult<Vec<AttemptId>> {
        let attempts = sqlx::query_scalar!(
            r#"SELECT attempt_id AS "attempt_id!: i64" FROM run
            WHERE state = 'running' AND cancel_by IS NOT NULL AND boot_id = $1"#,
            boot_id.0
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(attempts.into_iter().map(AttemptId).collect())
    }

    async fn rescue(&self, living: BootId, now: Timestamp) -> StoreResult<u64> {
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { rescue::rescue(c, &ids, living, now, effects).await })
        })
        .await
    }

    async fn give_back(&self, owner: BootId, known: &[AttemptId], now: Timestamp) -> StoreResult<u64> {
        let known: Vec<_> = known.iter().map(|attempt| attempt.0).collect();
        let ids = self.ids.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { rescue::give_back(c, &ids, owner, &known, now, effects).await })
        })
        .await
    }

    async fn hand_back(&self, owner: BootId, attempts: &[AttemptId], now: Timestamp) -> StoreResult<()> {
        let ids = self.ids.clone();
        let attempts: Vec<_> = attempts.iter().map(|attempt| attempt.0).collect();
        self.write_announced(move |c, effects| {
            effects.queue = true;
            Box::pin(async move { claim::hand_back(c, &ids, owner, &attempts, now, effects).await })
        })
        .await
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
}

async fn start(
    connection: &mut PgConnection,
    ids: &Ids,
    trigger: &NewTrigger,
    effects: &mut Effects,
) -> Result<Result<Started, TriggerRefused>, sqlx::Error> {
    let Some(job) = jobs::load(connection, trigger.job_id).await? else {
        return Ok(Err(TriggerRefused::NotFound));
    };
    let active = active_runs(connection, std::slice::from_ref(&job)).await?;
    let overlap = trigger.overlap.unwrap_or(job.spec.overlap);
    let start = match release::start(overlap, active.get(&job.id.0).map_or(&[], Vec::as_slice)) {
        Ok(start) => start,
        Err(blocking) => return Ok(Err(TriggerRefused::Overlap(blocking))),
    };
    let run = NewRun {
        id: ids.next_run(trigger.now),
        job: &job,
        trigger: Trigger::Manual,
        by: Some(&trigger.by),
        handler_param: trigger.handler_param.as_deref(),
        parts: None,
        upstream: None,
        scheduled_at: trigger.now,
        due_at: trigger.now,
        held: start.held,
    };
    new_runs::insert(connection, ids, std::slice::from_ref(&run), trigger.now).await?;
    for other in &start.cancels {
        cancel::group(
            connection,
            ids,
            (job.id.0, *other),
            &trigger.by,
            trigger.now,
            effects,
        )
        .await?;
    }
    effects.queue = true;
    let run = reads::made_run(connection, run.id).await?;
    Ok(Ok(Started { run, job }))
}

async fn fill_back(
    connection: &mut PgConnection,
    ids: &Ids,
    backfill: &NewBackfill,
    effects: &mut Effects,
) -> Result<Option<Vec<RunId>>, sqlx::Error> {
    let now = backfill.now;
    let Some(job) = jobs::load(connection, backfill.job_id).await? else {
        return Ok(None);
    };
    let mut active = active_runs(connection, std::slice::from_ref(&job))
        .await?
        .remove(&job.id.0)
        .unwrap_or_default();
    let overlap = backfill.overlap.unwrap_or(job.spec.overlap);
    let mut runs = Vec::with_capacity(backfill.fires.len());
    for fire in &backfill.fires {
        let held = release::start_in_turn(overlap, &active).held;
        let id = ids.next_run(now);
        active.push(ActiveRun { run_id: id, held });
        runs.push(NewRun {
            id,
            job: &job,
            trigger: Trigger::Backfill,
            by: Some(&backfill.by),
            handler_param: backfill.handler_param.as_deref(),
            parts: None,
            upstream: None,
            scheduled_at: *fire,
            due_at: now,
            held,
        });
    }
    new_runs::insert(connection, ids, &runs, now).await?;
    effects.queue = true;
    Ok(Some(runs.iter().map(|run| run.id).collect()))
}

async fn plan_call(connection: &mut PgConnection, ids: &Ids, call: &NewCall) -> Result<Run, sqlx::Error> {
    let id = ids.next_run(call.now);
    let (at, policy) = (call.at.to_chrono(), to_json(&call.policy)?);
    let state = if call.at > call.now {
        RunState::Scheduled
    } else {
        RunState::Queued
    }
    .as_str();
    let kind = Trigger::Call.as_str();
    sqlx::query!(
        "INSERT INTO run (id, policy, handler_name, handler_param, run_trigger, requested_by, scheduled_at, fire_key,
            due_at, state, group_id, priority)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $1, $7, $8, $1, $9)",
        id.0,
        policy,
        call.handler_name,
        plain_option(call.handler_param.as_deref()) as _,
        kind,
        call.by,
        at,
        state,
        i64::from(call.policy.priority)
    )
    .execute(&mut *connection)
    .await?;
    reads::made_run(connection, id).await
}
