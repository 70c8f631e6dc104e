//! The queue: runs that people and programs ask for, and the end of runs that never began.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    decided::DecidedFire,
    ids::{AttemptId, BootId, JobId, RunId},
    release::{self, ActiveRun},
    run::{Attempt, AttemptLog, Claim, Outcome, Run},
    status::{RunState, Trigger},
    time::Timestamp,
};
use wasmtab_store::{
    AttemptFilter, CancelReply, ClaimRequest, Claimed, FinishReply, NewBackfill, NewCall, NewRepeats,
    NewTrigger, Page, RepeatReply, RunFilter, RunStore, Started, StoreResult, TriggerRefused,
};

use crate::{
    Memory, SqliteStore,
    cancel::{self, Cancelled},
    claim,
    convert::to_json,
    decided,
    effects::Effects,
    finish,
    new_runs::{self, NewRun},
    queue::Queue,
    reads, repeat, store_error,
    writer::Then,
};

#[async_trait]
impl RunStore for SqliteStore {
    async fn trigger(&self, trigger: NewTrigger) -> StoreResult<Result<Started, TriggerRefused>> {
        let memory = self.memory.clone();
        self.write_seated(1, trigger.now, Then::Others, move |c, seat, effects| {
            Box::pin(async move {
                Ok(match start(c, &memory, &trigger, seat, effects).await? {
                    Ok((started, claims)) => (Ok(started), claims),
                    Err(refused) => (Err(refused), Vec::new()),
                })
            })
        })
        .await
    }

    async fn backfill(&self, backfill: NewBackfill) -> StoreResult<Option<Vec<RunId>>> {
        let memory = self.memory.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { fill_back(c, &memory, &backfill, effects).await })
        })
        .await
    }

    async fn repeat(&self, repeats: NewRepeats) -> StoreResult<Vec<RepeatReply>> {
        if repeats.dry_run {
            let mut connection = self.readers.acquire().await.map_err(store_error)?;
            let plan = repeat::plan(&mut connection, &self.memory, &repeats).await;
            return plan
                .map(|plan| plan.replies(&repeats, &HashMap::new()))
                .map_err(store_error);
        }
        let memory = self.memory.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { repeat::repeat(c, &memory, &repeats, effects).await })
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
        let memory = self.memory.clone();
        self.write_announced(move |c, effects| {
            effects.queue = true;
            Box::pin(async move { plan_call(c, &memory, &call).await })
        })
        .await
    }

    async fn claim_due(&self, request: &ClaimRequest) -> StoreResult<Claimed> {
        let (memory, request) = (self.memory.clone(), request.clone());
        self.write_announced(move |c, effects| {
            Box::pin(async move { claim::claim_due(c, &memory, &request, effects).await })
        })
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
        let (memory, outcomes) = (self.memory.clone(), outcomes.to_vec());
        self.write_announced(move |c, effects| {
            Box::pin(async move { finish::finish(c, &memory, &outcomes, now, effects).await })
        })
        .await
    }

    async fn cancel_run(&self, id: RunId, by: &str, now: Timestamp) -> StoreResult<CancelReply> {
        let (memory, by) = (self.memory.clone(), by.to_owned());
        let cancelled = self
            .write_announced(move |c, effects| {
                Box::pin(async move { cancel::run(c, &memory, id, &by, now, effects).await })
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
        let (memory, runs, by) = (self.memory.clone(), runs.to_vec(), by.to_owned());
        self.write_announced(move |c, effects| {
            Box::pin(async move {
                let mut replies = Vec::with_capacity(runs.len());
                for run in runs {
                    replies.push(match cancel::run(c, &memory, run, &by, now, effects).await? {
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
            WHERE state = 'running' AND cancel_by IS NOT NULL AND boot_id = ?"#,
            boot_id.0
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        Ok(attempts.into_iter().map(AttemptId).collect())
    }

    async fn rescue(&self, living: BootId, now: Timestamp) -> StoreResult<u64> {
        let memory = self.memory.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { finish::rescue(c, &memory, living, now, effects).await })
        })
        .await
    }

    async fn give_back(&self, owner: BootId, known: &[AttemptId], now: Timestamp) -> StoreResult<u64> {
        let known =
            to_json(&known.iter().map(|attempt| attempt.0).collect::<Vec<_>>()).map_err(store_error)?;
        let memory = self.memory.clone();
        self.write_announced(move |c, effects| {
            Box::pin(async move { finish::give_back(c, &memory, owner, &known, now, effects).await })
        })
        .await
    }

    async fn hand_back(&self, owner: BootId, attempts: &[AttemptId], now: Timestamp) -> StoreResult<()> {
        let memory = self.memory.clone();
        let attempts: Vec<_> = attempts.iter().map(|attempt| attempt.0).collect();
        let attempts = to_json(&attempts).map_err(store_error)?;
        self.write_announced(move |c, effects| {
            effects.queue = true;
            Box::pin(async move { claim::hand_back(c, &memory, owner, &attempts, now, effects).await })
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

/// The run that somebody starts; with a seat, and if nothing but a place is needed for it to begin, its claim too.
async fn start(
    connection: &mut SqliteConnection,
    memory: &Memory,
    trigger: &NewTrigger,
    seat: Option<&ClaimRequest>,
    effects: &mut Effects,
) -> Result<Result<(Started, Vec<Claim>), TriggerRefused>, sqlx::Error> {
    let Some((job, mut queue)) = Queue::look_for_job(connection, memory, trigger.job_id).await? else {
        return Ok(Err(TriggerRefused::NotFound));
    };
    let overlap = trigger.overlap.unwrap_or(job.spec.overlap);
    let start = match release::start(overlap, queue.active(&job)) {
        Ok(start) => start,
        Err(blocking) => return Ok(Err(TriggerRefused::Overlap(blocking))),
    };
    let run = NewRun {
        id: memory.next_run(trigger.now),
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
    let at_once = start.cancels.is_empty() && run.is_ready(trigger.now) && !queue.others_wait(trigger.now);
    let seat = seat.filter(|_| at_once);
    let claims = match seat {
        Some(request) => claim::claim_new(connection, memory, request, &mut queue, &[&run]).await?,
        None => Vec::new(),
    };
    let claimed = seat.map(|request| (request, &*claims));
    new_runs::insert(
        connection,
        memory,
        std::slice::from_ref(&run),
        claimed,
        trigger.now,
    )
    .await?;
    for other in &start.cancels {
        cancel::group(
            connection,
            memory,
            (job.id.0, *other),
            &trigger.by,
            trigger.now,
            effects,
        )
        .await?;
    }
    // As whoever asked sees it: before its attempt. The end of others may have given it its turn meanwhile.
    let run = if start.cancels.is_empty() {
        run.as_made(trigger.now)
    } else {
        reads::made_run(connection, run.id).await?
    };
    effects.queue |= claims.is_empty();
    Ok(Ok((Started { run, job }, claims)))
}

async fn fill_back(
    connection: &mut SqliteConnection,
    memory: &Memory,
    backfill: &NewBackfill,
    effects: &mut Effects,
) -> Result<Option<Vec<RunId>>, sqlx::Error> {
    let now = backfill.now;
    let Some((job, queue)) = Queue::look_for_job(connection, memory, backfill.job_id).await? else {
        return Ok(None);
    };
    let mut active = queue.active(&job).to_vec();
    let overlap = backfill.overlap.unwrap_or(job.spec.overlap);
    let mut runs = Vec::with_capacity(backfill.fires.len());
    for fire in &backfill.fires {
        let held = release::start_in_turn(overlap, &active).held;
        let id = memory.next_run(now);
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
    new_runs::insert(connection, memory, &runs, None, now).await?;
    effects.queue = true;
    Ok(Some(runs.iter().map(|run| run.id).collect()))
}

async fn plan_call(
    connection: &mut SqliteConnection,
    memory: &Memory,
    call: &NewCall,
) -> Result<Run, sqlx::Error> {
    let id = memory.next_run(call.now);
    let (at, policy) = (call.at.as_micros(), to_json(&call.policy)?);
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
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1, ?7, ?8, ?1, ?9)",
        id.0,
        policy,
        call.handler_name,
        call.handler_param,
        kind,
        call.by,
        at,
        state,
        call.policy.priority
    )
    .execute(&mut *connection)
    .await?;
    reads::made_run(connection, id).await
}
