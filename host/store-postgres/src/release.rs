//! Releasing fires: the snapshot is read, the domain decides, and run, skips and the job's advance commit together.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wasmtab_domain::{
    ids::RunId,
    job::{Blackout, Calendars, Job, JobSpec},
    release::{self, ActiveRun, Release, Snapshot},
    run::Hold,
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};
use wasmtab_store::Released;

use crate::{
    Ids, calendars, cancel,
    convert::{JobRow, instant, json, select_jobs, signed},
    effects::Effects,
    new_runs::{self, NewRun},
};

/// When to look again at jobs that another process has just locked.
const BUSY: Duration = Duration::from_millis(20);

/// Decides the fires of at most `limit` jobs that are due.
pub(crate) async fn release_due(
    connection: &mut PgConnection,
    ids: &Ids,
    now: Timestamp,
    limit: u32,
    effects: &mut Effects,
) -> Result<Released, sqlx::Error> {
    let at = now.to_chrono();
    // A job that another process decides at this moment is not this one's to decide.
    let rows = select_jobs!(
        "WHERE plan_at <= $1 ORDER BY plan_at, id LIMIT $2 FOR UPDATE SKIP LOCKED",
        at,
        i64::from(limit)
    )
    .fetch_all(&mut *connection)
    .await?;
    let full = rows.len() == limit as usize;
    let jobs = rows
        .into_iter()
        .map(Job::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let decided = decide(connection, ids, &jobs, now, effects).await?;
    let more = full || decided.partial;
    let next_plan_at = if more {
        None
    } else {
        next_plan_at(connection).await?
    };
    Ok(Released {
        more,
        // What is due and was not met is another process's at this moment.
        next_plan_at: next_plan_at.map(|at| if at <= now { now.plus(BUSY) } else { at }),
        runs: decided.runs,
        skipped: decided.skipped,
    })
}

/// Decides every fire of one job up to `now`, however many, and returns the job as it is then.
pub(crate) async fn settle(
    connection: &mut PgConnection,
    ids: &Ids,
    mut job: Job,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Job, sqlx::Error> {
    while job.progress.next_fire_at.is_some_and(|fire| fire <= now)
        || job
            .pause
            .as_ref()
            .is_some_and(|pause| pause.until.is_some_and(|until| until <= now))
    {
        decide(connection, ids, std::slice::from_ref(&job), now, effects).await?;
        let id = job.id.0;
        let row: JobRow = select_jobs!("WHERE id = $1", id)
            .fetch_one(&mut *connection)
            .await?;
        job = row.try_into()?;
    }
    Ok(job)
}

async fn next_plan_at(connection: &mut PgConnection) -> Result<Option<Timestamp>, sqlx::Error> {
    let next = sqlx::query_scalar!(
        r#"SELECT min(plan_at) AS "at?: DateTime<Utc>" FROM infra_job WHERE plan_at IS NOT NULL"#
    )
    .fetch_one(connection)
    .await?;
    Ok(next.map(instant))
}

struct Decided {
    runs: u64,
    skipped: u64,
    partial: bool,
}

async fn decide(
    connection: &mut PgConnection,
    ids: &Ids,
    jobs: &[Job],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Decided, sqlx::Error> {
    if jobs.is_empty() {
        return Ok(Decided {
            runs: 0,
            skipped: 0,
            partial: false,
        });
    }
    let active = active_runs(connection, jobs).await?;
    let calendars = calendars_of(connection, jobs).await?;
    let mut decisions = Vec::with_capacity(jobs.len());
    for job in jobs {
        let decided = already_decided(connection, job, now).await?;
        let snapshot = Snapshot {
            job,
            active: active.get(&job.id.0).map_or(&[], Vec::as_slice),
            decided: &decided,
            calendars: &calendars,
        };
        decisions.push((job, release::release(&snapshot, now, || ids.next_run(now))));
    }
    insert_runs(connection, ids, &decisions, now).await?;
    insert_skips(connection, ids, &decisions, now).await?;
    advance(connection, &decisions, now).await?;
    for (job, release) in &decisions {
        effects.queue |= !release.runs.is_empty();
        effects.released += release.runs.len() as u64;
        let skips = release.skips.iter();
        effects
            .skipped
            .extend(skips.map(|skip| (skip.reason, u64::from(skip.count))));
        for run in &release.cancels {
            let by = format!("cancelOther: a later fire of {}", job.spec.name);
            cancel::group(connection, ids, (job.id.0, *run), &by, now, effects).await?;
        }
    }
    Ok(Decided {
        runs: decisions
            .iter()
            .map(|(_, release)| release.runs.len() as u64)
            .sum(),
        skipped: decisions
            .iter()
            .flat_map(|(_, release)| &release.skips)
            .map(|skip| u64::from(skip.count))
            .sum(),
        partial: decisions.iter().any(|(_, release)| release.is_partial(now)),
    })
}

/// The runs of the jobs that have not ended, oldest first.
pub(crate) async fn active_runs(
    connection: &mut PgConnection,
    jobs: &[Job],
) -> Result<HashMap<i64, Vec<ActiveRun>>, sqlx::Error> {
    let ids: Vec<_> = jobs.iter().map(|job| job.id.0).collect();
    let turn = Hold::Turn.as_str();
    let rows = sqlx::query!(
        r#"SELECT job_id AS "job_id!: i64", group_id AS "id!: i64", bool_and(coalesce(hold = $2, false)) AS "held!"
        FROM run WHERE job_id = ANY($1)
        GROUP BY job_id, group_id ORDER BY group_id"#,
        &ids,
        turn
    )
    .fetch_all(connection)
    .await?;
    let mut active: HashMap<i64, Vec<ActiveRun>> = HashMap::new();
    for row in rows {
        active.entry(row.job_id).or_default().push(ActiveRun {
            run_id: RunId(row.id),
            held: row.held,
        });
    }
    Ok(active)
}

/// The instants from the next fire on that have rows already. There are none unless the clock was set back.
async fn already_decided(
    connection: &mut PgConnection,
    job: &Job,
    now: Timestamp,
) -> Result<BTreeSet<Timestamp>, sqlx::Error> {
    let (Some(next), Some(until)) = (job.progress.next_fire_at, job.progress.decided_until) else {
        return Ok(BTreeSet::new());
    };
    if until < next {
        return Ok(BTreeSet::new());
    }
    let (id, next_micros, now_micros) = (job.id.0, next.to_chrono(), now.to_chrono());
    let rows = sqlx::query!(
        r#"SELECT log.scheduled_at AS "from!: DateTime<Utc>", log.scheduled_until AS "until?: DateTime<Utc>",
            revision.spec::text AS "spec?"
        FROM infra_job_log AS log
        LEFT JOIN job_revision AS revision ON revision.job_id = log.job_id AND revision.revision = log.revision
            AND log.scheduled_until IS NOT NULL
        WHERE log.job_id = $1 AND log.fire_key = 0 AND log.execute_index <= 1 AND log.scheduled_at <= $3
            AND coalesce(log.scheduled_until, log.scheduled_at) >= $2
        UNION ALL
        SELECT scheduled_at, NULL, NULL FROM run
        WHERE job_id = $1 AND fire_key = 0 AND scheduled_at BETWEEN $2 AND $3"#,
        id,
        next_micros,
        now_micros
    )
    .fetch_all(connection)
    .await?;
    let mut decided = BTreeSet::new();
    for row in rows {
        let from = instant(row.from);
        decided.insert(from);
        // A shared row covers every fire in its span that the revision of its time had, and no other instant.
        if let (Some(until), Some(spec)) = (row.until.map(instant), row.spec) {
            let spec: JobSpec = json("spec", &spec)?;
            let schedule = spec.schedule(job.created_at);
            decided.extend(schedule.fires_after(from).take_while(|fire| *fire <= until));
        }
    }
    Ok(decided)
}

/// The calendars that the jobs name.
async fn calendars_of(connection: &mut PgConnection, jobs: &[Job]) -> Result<Calendars, sqlx::Error> {
    let names: BTreeSet<_> = jobs
        .iter()
        .flat_map(|job| &job.spec.blackouts)
        .filter_map(Blackout::calendar)
        .collect();
    calendars::named(connection, &names).await
}

async fn insert_runs(
    connection: &mut PgConnection,
    ids: &Ids,
    decisions: &[(&Job, Release)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let runs: Vec<_> = decisions
        .iter()
        .flat_map(|(job, release)| {
            release.runs.iter().map(|run| NewRun {
                id: run.run_id,
                job,
                trigger: Trigger::Cron,
                by: None,
                handler_param: None,
                parts: None,
                upstream: None,
                scheduled_at: run.fire,
                due_at: run.due_at,
                held: run.held,
            })
        })
        .collect();
    new_runs::insert(connection, ids, &runs, now).await
}

async fn insert_skips(
    connection: &mut PgConnection,
    ids: &Ids,
    decisions: &[(&Job, Release)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut rows = Skips::default();
    for (job, release) in decisions {
        for skip in &release.skips {
            rows.id.push(ids.next(now));
            rows.job_id.push(job.id.0);
            rows.job_name.push(&job.spec.name);
            rows.revision.push(job.revision);
            rows.handler_name.push(&job.spec.handler_name);
            rows.scheduled_at.push(skip.from.to_chrono());
            rows.scheduled_until
                .push((skip.count > 1).then_some(skip.until.to_chrono()));
            rows.fire_count.push(i64::from(skip.count));
            rows.reason.push(skip.reason.as_str());
            rows.blocked_by.push(skip.blocked_by.map(|run| run.0));
            rows.error.push(skip.cause.as_deref());
        }
    }
    if rows.id.is_empty() {
        return Ok(());
    }
    let (trigger, status) = (Trigger::Cron.as_str(), AttemptStatus::Skipped.as_str());
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, execute_index, status, run_trigger,
            scheduled_at, fire_key, scheduled_until, fire_count, reason, blocked_by, error, end_time, last)
        SELECT new.id, new.job_id, new.job_name, new.revision, new.handler_name, 0, $12, $13, new.scheduled_at, 0,
            new.scheduled_until, new.fire_count, new.reason, new.blocked_by, new.error, $14, true
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[],
            $7::timestamptz[], $8::bigint[], $9::text[], $10::bigint[], $11::text[])
            AS new (id, job_id, job_name, revision, handler_name, scheduled_at, scheduled_until, fire_count, reason,
                blocked_by, error)",
        &rows.id,
        &rows.job_id,
        &rows.job_name as &[&str],
        &rows.revision,
        &rows.handler_name as &[&str],
        &rows.scheduled_at,
        &rows.scheduled_until as &[Option<DateTime<Utc>>],
        &rows.fire_count,
        &rows.reason as &[&str],
        &rows.blocked_by as &[Option<i64>],
        &rows.error as &[Option<&str>],
        status,
        trigger,
        now.to_chrono()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Rows of skipped fires, column by column.
#[derive(Default)]
struct Skips<'a> {
    id: Vec<i64>,
    job_id: Vec<i64>,
    job_name: Vec<&'a str>,
    revision: Vec<i64>,
    handler_name: Vec<&'a str>,
    scheduled_at: Vec<DateTime<Utc>>,
    scheduled_until: Vec<Option<DateTime<Utc>>>,
    fire_count: Vec<i64>,
    reason: Vec<&'static str>,
    blocked_by: Vec<Option<i64>>,
    error: Vec<Option<&'a str>>,
}

async fn advance(
    connection: &mut PgConnection,
    decisions: &[(&Job, Release)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let chrono = |at: Option<Timestamp>| at.map(Timestamp::to_chrono);
    let (mut ids, mut next, mut plan) = (Vec::new(), Vec::new(), Vec::new());
    let (mut decided, mut released) = (Vec::new(), Vec::new());
    for (job, Release { progress, .. }) in decisions {
        ids.push(job.id.0);
        next.push(chrono(progress.next_fire_at));
        plan.push(chrono(progress.plan_at));
        decided.push(chrono(progress.decided_until));
        released.push(signed(progress.released));
    }
    sqlx::query!(
        "UPDATE infra_job SET next_fire_at = new.next_fire_at, plan_at = new.plan_at, decided_until = new.decided_until,
            released = new.released
        FROM UNNEST($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::bigint[])
            AS new (id, next_fire_at, plan_at, decided_until, released)
        WHERE infra_job.id = new.id",
        &ids,
        &next as &[Option<DateTime<Utc>>],
        &plan as &[Option<DateTime<Utc>>],
        &decided as &[Option<DateTime<Utc>>],
        &released
    )
    .execute(&mut *connection)
    .await?;
    for (job, release) in decisions {
        if release.pause_ends {
            let until = job.pause.as_ref().and_then(|pause| pause.until).unwrap_or(now);
            end_pause(connection, job.id.0, until, None).await?;
        }
    }
    Ok(())
}

/// Lifts the pause of a job, and lets its retries go on.
pub(crate) async fn end_pause(
    connection: &mut PgConnection,
    job: i64,
    at: Timestamp,
    by: Option<&str>,
) -> Result<(), sqlx::Error> {
    let (at, paused) = (at.to_chrono(), Hold::Paused.as_str());
    sqlx::query!(
        "UPDATE infra_job SET paused_at = NULL, paused_until = NULL, paused_by = NULL, paused_note = NULL WHERE id = $1",
        job
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE job_pause SET ended_at = $1, ended_by = $2 WHERE job_id = $3 AND ended_at IS NULL",
        at,
        by,
        job
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE run SET hold = NULL WHERE job_id = $1 AND hold = $2",
        job,
        paused
    )
    .execute(connection)
    .await?;
    Ok(())
}
