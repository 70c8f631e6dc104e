//! Changes of the job table: a job's row, its revisions, its pauses, and what a change means for its runs.

use std::{borrow::Cow, sync::Arc};

use sqlx::PgConnection;
use wasmtab_domain::{
    ids::JobId,
    job::{Job, JobSpec, Pause, Progress},
    release,
    run::{Hold, RunPolicy},
    status::RunState,
    time::Timestamp,
};
use wasmtab_store::{Deleted, JobWrite, PauseRequest, StateScope, WriteError};

use crate::{
    Ids, calendars, cancel,
    convert::{plain_option, select_jobs, signed, to_json},
    effects::Effects,
    job_links,
    jobs::load,
    release::{end_pause, settle},
};

async fn name_taken(
    connection: &mut PgConnection,
    name: &str,
    by_other_than: i64,
) -> Result<Option<JobId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!: i64" FROM infra_job WHERE name = $1 AND id <> $2"#,
        name,
        by_other_than
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(JobId))
}

pub(crate) async fn create(
    connection: &mut PgConnection,
    write: &JobWrite,
) -> Result<Result<Job, WriteError>, sqlx::Error> {
    let JobWrite {
        spec,
        source,
        by,
        now,
    } = write;
    if let Some(other) = name_taken(connection, &spec.name, 0).await? {
        return Ok(Err(WriteError::NameTaken(other)));
    }
    if let Some(calendar) = calendars::missing(connection, spec).await? {
        return Ok(Err(WriteError::NoCalendar(calendar)));
    }
    if let Some(way) = job_links::cycle(connection, spec, None).await? {
        return Ok(Err(WriteError::Cycle(way)));
    }
    let mut job = Job {
        id: NO_ID_YET,
        spec: Arc::new(spec.clone()),
        revision: 1,
        source: source.clone(),
        created_at: *now,
        updated_at: *now,
        pause: None,
        progress: release::begin(spec, *now),
    };
    save(connection, &mut job, by).await?;
    Ok(Ok(job))
}

pub(crate) async fn update(
    connection: &mut PgConnection,
    ids: &Ids,
    id: JobId,
    expected: Option<i64>,
    write: &JobWrite,
    effects: &mut Effects,
) -> Result<Result<Job, WriteError>, sqlx::Error> {
    let JobWrite { spec, by, now, .. } = write;
    let Some(job) = load(connection, id).await? else {
        return Ok(Err(WriteError::NotFound));
    };
    if expected.is_some_and(|expected| expected != job.revision) {
        return Ok(Err(WriteError::Stale(job.revision)));
    }
    if let Some(other) = name_taken(connection, &spec.name, id.0).await? {
        return Ok(Err(WriteError::NameTaken(other)));
    }
    if *spec == *job.spec {
        return Ok(Ok(job));
    }
    if let Some(calendar) = calendars::missing(connection, spec).await? {
        return Ok(Err(WriteError::NoCalendar(calendar)));
    }
    if let Some(way) = job_links::cycle(connection, spec, Some(&job.spec.name)).await? {
        return Ok(Err(WriteError::Cycle(way)));
    }
    let mut job = settle(connection, ids, job, *now, effects).await?;
    if !spec.same_fires(&job.spec) {
        job.progress = release::begin_anew(spec, &job, *now);
    }
    job.spec = Arc::new(spec.clone());
    job.revision += 1;
    job.updated_at = *now;
    save(connection, &mut job, by).await?;
    Ok(Ok(job))
}

/// Of a job that is about to be made: it is written with the next number.
const NO_ID_YET: JobId = JobId(0);

/// Writes all of a job but its pause, and its newest revision.
async fn save(connection: &mut PgConnection, job: &mut Job, by: &str) -> Result<(), sqlx::Error> {
    let JobSpec {
        name,
        status,
        handler_name,
        handler_param,
        cron_expression,
        cron_dialect,
        every,
        timezone,
        start_at,
        end_at,
        retry,
        monitor_timeout,
        fuel,
        memory_limit,
        overlap,
        misfire,
        catch_up_window,
        jitter,
        priority,
        max_runs,
        blackouts,
        shards,
        warn_after,
        retry_version,
        on_success,
        on_failure,
        labels,
        owner,
        runbook,
    } = &*job.spec;
    let chrono = |at: Option<Timestamp>| at.map(Timestamp::to_chrono);
    let param = plain_option(handler_param.as_deref());
    let (id, status, dialect) = (
        job.id.0,
        status.as_str(),
        cron_dialect.map(|dialect| dialect.to_string()),
    );
    let (every, zone) = (every.map(|every| signed(every.as_secs())), timezone.name());
    let (start_at, end_at) = (chrono(*start_at), chrono(*end_at));
    let (retry_interval, backoff) = (
        signed(retry.retry_interval.as_secs()),
        to_json(&retry.retry_backoff)?,
    );
    let (retry_on, timeout) = (to_json(&retry.retry_on)?, signed(monitor_timeout.as_secs()));
    let (fuel, memory, window) = (
        fuel.map(signed),
        signed(*memory_limit),
        signed(catch_up_window.as_secs()),
    );
    let (overlap, misfire) = (overlap.as_str(), misfire.as_str());
    let (jitter, warn_after) = (
        signed(jitter.as_secs()),
        warn_after.map(|after| signed(after.as_secs())),
    );
    let (max_runs, retry_version) = (max_runs.map(signed), retry_version.as_str());
    let (blackouts, said_labels) = (to_json(blackouts)?, to_json(labels)?);
    let (on_success, on_failure) = (to_json(on_success)?, to_json(on_failure)?);
    let (created_at, updated_at) = (job.created_at.to_chrono(), job.updated_at.to_chrono());
    let (next_fire_at, plan_at) = (chrono(job.progress.next_fire_at), chrono(job.progress.plan_at));
    let (decided_until, released) = (chrono(job.progress.decided_until), signed(job.progress.released));
    let written = sqlx::query_scalar!(
        "INSERT INTO infra_job (
            id, name, status, handler_name, handler_param, cron_expression, cron_dialect, every, timezone, start_at,
            end_at, retry_count, retry_interval, retry_backoff, retry_on, monitor_timeout, fuel, memory_limit,
            overlap, misfire, catch_up_window, jitter, priority, max_runs, blackouts, shards, warn_after,
            retry_version, on_success, on_failure, labels, owner, runbook, revision, source, created_at, updated_at,
            next_fire_at, plan_at, decided_until, released
        )
        VALUES (
            coalesce(nullif($1::bigint, 0), nextval(pg_get_serial_sequence('infra_job', 'id'))), $2, $3, $4, $5, $6, $7, $8,
            $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
            $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41
        )
        ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, status = excluded.status, handler_name = excluded.handler_name,
            handler_param = excluded.handler_param, cron_expression = excluded.cron_expression,
            cron_dialect = excluded.cron_dialect, every = excluded.every, timezone = excluded.timezone,
            start_at = excluded.start_at, end_at = excluded.end_at, retry_count = excluded.retry_count,
            retry_interval = excluded.retry_interval, retry_backoff = excluded.retry_backoff,
            retry_on = excluded.retry_on, monitor_timeout = excluded.monitor_timeout, fuel = excluded.fuel,
            memory_limit = excluded.memory_limit, overlap = excluded.overlap, misfire = excluded.misfire,
            catch_up_window = excluded.catch_up_window, jitter = excluded.jitter, priority = excluded.priority,
            max_runs = excluded.max_runs, blackouts = excluded.blackouts, shards = excluded.shards,
            warn_after = excluded.warn_after, retry_version = excluded.retry_version,
            on_success = excluded.on_success, on_failure = excluded.on_failure, labels = excluded.labels,
            owner = excluded.owner, runbook = excluded.runbook, revision = excluded.revision,
            updated_at = excluded.updated_at, next_fire_at = excluded.next_fire_at, plan_at = excluded.plan_at,
            decided_until = excluded.decided_until, released = excluded.released
        RETURNING id",
        id,
        name,
        status,
        handler_name,
        param.as_deref(),
        cron_expression.as_deref(),
        dialect,
        every,
        zone,
        start_at,
        end_at,
        i64::from(retry.retry_count),
        retry_interval,
        backoff,
        retry_on,
        timeout,
        fuel,
        memory,
        overlap,
        misfire,
        window,
        jitter,
        i64::from(*priority),
        max_runs,
        blackouts,
        i64::from(*shards),
        warn_after,
        retry_version,
        on_success,
        on_failure,
        said_labels,
        owner.as_deref(),
        runbook.as_deref(),
        job.revision,
        job.source.as_deref(),
        created_at,
        updated_at,
        next_fire_at,
        plan_at,
        decided_until,
        released
    )
    .fetch_one(&mut *connection)
    .await?;
    // A job that was not there has none that could differ.
    if job.id != NO_ID_YET || !labels.is_empty() {
        job_links::save_labels(connection, JobId(written), labels).await?;
    }
    job.id = JobId(written);
    let mut said = JobSpec::clone(&job.spec);
    said.handler_param = param.map(Cow::into_owned);
    let (spec, policy) = (to_json(&said)?, to_json(&RunPolicy::from(&*job.spec))?);
    insert_revision(connection, job, Some((&spec, &policy)), by).await
}

async fn save_progress(connection: &mut PgConnection, job: &Job) -> Result<(), sqlx::Error> {
    let chrono = |at: Option<Timestamp>| at.map(Timestamp::to_chrono);
    let Progress {
        next_fire_at,
        plan_at,
        decided_until,
        released,
    } = job.progress;
    let released = signed(released);
    let (id, next, plan, decided) = (
        job.id.0,
        chrono(next_fire_at),
        chrono(plan_at),
        chrono(decided_until),
    );
    sqlx::query!(
        "UPDATE infra_job SET next_fire_at = $2, plan_at = $3, decided_until = $4, released = $5 WHERE id = $1",
        id,
        next,
        plan,
        decided,
        released
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_revision(
    connection: &mut PgConnection,
    job: &Job,
    spec_and_policy: Option<(&str, &str)>,
    by: &str,
) -> Result<(), sqlx::Error> {
    let (id, created_at, valid_from) = (job.id.0, job.created_at.to_chrono(), job.updated_at.to_chrono());
    let (spec, policy) = spec_and_policy.unzip();
    sqlx::query!(
        "INSERT INTO job_revision (job_id, revision, spec, policy, created_at, valid_from, changed_by)
        VALUES ($1, $2, $3::text::jsonb, $4, $5, $6, $7)",
        id,
        job.revision,
        spec,
        policy,
        created_at,
        valid_from,
        by
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn delete(
    connection: &mut PgConnection,
    ids: &Ids,
    id: JobId,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Result<Deleted, WriteError>, sqlx::Error> {
    let Some(job) = load(connection, id).await? else {
        return Ok(Err(WriteError::NotFound));
    };
    let mut job = settle(connection, ids, job, now, effects).await?;
    let deleted = Deleted {
        cancelled: cancel::job(connection, ids, id.0, by, now, effects).await?,
    };
    if job.pause.is_some() {
        end_pause(connection, id.0, now, Some(by)).await?;
    }
    job.revision += 1;
    job.updated_at = now;
    insert_revision(connection, &job, None, by).await?;
    sqlx::query!("DELETE FROM infra_job WHERE id = $1", id.0)
        .execute(&mut *connection)
        .await?;
    // Nobody can name it from now on: ids are never given again.
    let kept = StateScope::Job(id).key();
    sqlx::query!("DELETE FROM handler_state WHERE scope = $1", kept)
        .execute(connection)
        .await?;
    Ok(Ok(deleted))
}

pub(crate) async fn pause(
    connection: &mut PgConnection,
    ids: &Ids,
    id: JobId,
    request: &PauseRequest,
    effects: &mut Effects,
) -> Result<Result<Job, WriteError>, sqlx::Error> {
    let PauseRequest { until, note, by, now } = request;
    let note = plain_option(note.as_deref()).map(Cow::into_owned);
    let Some(job) = load(connection, id).await? else {
        return Ok(Err(WriteError::NotFound));
    };
    let mut job = settle(connection, ids, job, *now, effects).await?;
    let pause = Pause {
        paused_at: *now,
        until: *until,
        by: by.clone(),
        note: note.clone(),
    };
    let (at, until_chrono) = (now.to_chrono(), until.map(Timestamp::to_chrono));
    // A pause over a pause replaces it; the time before stays on record.
    sqlx::query!(
        "UPDATE job_pause SET ended_at = $1, ended_by = $2 WHERE job_id = $3 AND ended_at IS NULL",
        at,
        by,
        id.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO job_pause (job_id, paused_at, until, note, paused_by) VALUES ($1, $2, $3, $4, $5)",
        id.0,
        at,
        until_chrono,
        note.as_deref(),
        by
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE infra_job SET paused_at = $1, paused_until = $2, paused_by = $3, paused_note = $4 WHERE id = $5",
        at,
        until_chrono,
        by,
        note.as_deref(),
        id.0
    )
    .execute(&mut *connection)
    .await?;
    let (hold, waiting) = (Hold::Paused.as_str(), RunState::WaitingRetry.as_str());
    sqlx::query!(
        "UPDATE run SET hold = $1 WHERE job_id = $2 AND state = $3",
        hold,
        id.0,
        waiting
    )
    .execute(&mut *connection)
    .await?;
    job.progress.plan_at = release::plan_at(job.progress.next_fire_at, Some(&pause), *now);
    job.pause = Some(pause);
    save_progress(connection, &job).await?;
    Ok(Ok(job))
}

pub(crate) async fn resume(
    connection: &mut PgConnection,
    ids: &Ids,
    id: JobId,
    by: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Result<Job, WriteError>, sqlx::Error> {
    let Some(job) = load(connection, id).await? else {
        return Ok(Err(WriteError::NotFound));
    };
    let mut job = settle(connection, ids, job, now, effects).await?;
    if job.pause.take().is_some() {
        end_pause(connection, id.0, now, Some(by)).await?;
        job.progress.plan_at = job.progress.next_fire_at;
        save_progress(connection, &job).await?;
    }
    Ok(Ok(job))
}

pub(crate) async fn replan(connection: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let (at, mut after) = (now.to_chrono(), 0);
    loop {
        let rows = select_jobs!(
            "WHERE id > $1 AND status = 'normal' AND (next_fire_at IS NULL OR next_fire_at > $2) ORDER BY id LIMIT 1000
            FOR UPDATE",
            after,
            at
        )
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            let mut job = Job::try_from(row)?;
            job.progress = release::begin_anew(&job.spec, &job, now);
            save_progress(connection, &job).await?;
        }
    }
}
