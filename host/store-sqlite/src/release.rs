//! Releasing fires: the snapshot is read, the domain decides, and run, skips and the job's advance commit together.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use sqlx::SqliteConnection;
use wasmtab_domain::{
    job::{Blackout, Calendars, Job, JobSpec},
    release::{self, Release, Snapshot},
    run::{Binding, Claim, Hold},
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};
use wasmtab_store::{ClaimRequest, Come, Released};

use crate::{
    Memory, calendars, cancel, claim,
    convert::{JobRow, instant, json, select_jobs, signed, small, to_json},
    effects::Effects,
    flush, job_states,
    new_runs::{self, NewRun},
    queue::Queue,
};

/// Jobs that are remembered at most before they are due: no more than memory keeps.
const FORESEEN: i64 = 10_000;

/// Decides the fires of at most `limit` jobs that are due. With seats, what becomes a run and needs nothing but a place is claimed.
pub(crate) async fn release_due(
    connection: &mut SqliteConnection,
    memory: &Memory,
    now: Timestamp,
    limit: u32,
    seats: Option<&ClaimRequest>,
    effects: &mut Effects,
) -> Result<(Released, Vec<Claim>), sqlx::Error> {
    let at = now.as_micros();
    let (jobs, later) = due_jobs(connection, memory, at, limit).await?;
    let full = jobs.len() == limit as usize;
    let decided = if jobs.is_empty() {
        Decided::default()
    } else {
        let queue = Queue::look_at_jobs(connection, &jobs).await?;
        let seats = seats.filter(|_| !queue.others_wait(now));
        decide(connection, memory, &jobs, queue, now, seats, effects).await?
    };
    let more = full || decided.partial;
    let released = Released {
        more,
        next_plan_at: later
            .into_iter()
            .chain(decided.next_plan_at)
            .min()
            .filter(|_| !more),
        runs: decided.runs,
        skipped: decided.skipped,
    };
    Ok((released, decided.claims))
}

/// Decides the fires of at most `limit` jobs at `at` itself, before it has come, and returns once it has: the commit may follow,
/// before which all of it is in the write-ahead log `log`.
#[expect(clippy::too_many_arguments, reason = "what a release needs, and its instant")]
pub(crate) async fn release_at(
    connection: &mut SqliteConnection,
    memory: &Memory,
    log: &Path,
    at: Timestamp,
    limit: u32,
    seats: Option<&ClaimRequest>,
    come: Come,
    effects: &mut Effects,
) -> Result<(bool, Vec<Claim>), sqlx::Error> {
    let (mut jobs, _) = due_jobs(connection, memory, at.as_micros(), limit).await?;
    // The longest due is the first: whoever is due before was made just now, and is not kept waiting.
    if jobs.first().is_none_or(|job| job.progress.plan_at != Some(at)) {
        return Ok((false, Vec::new()));
    }
    let queue = Queue::look_at_jobs(connection, &jobs).await?;
    jobs.retain(|job| job.pause.is_none() && queue.active(job).is_empty());
    if jobs.is_empty() {
        return Ok((false, Vec::new()));
    }
    let seats = seats.filter(|_| !queue.others_wait(at));
    sqlx::raw_sql("SAVEPOINT ahead").execute(&mut *connection).await?;
    let mut prepared = Effects::default();
    let decided = decide(connection, memory, &jobs, queue, at, seats, &mut prepared).await?;
    flush::ahead(connection, log).await?;
    if come.await {
        *effects = prepared;
        return Ok((true, decided.claims));
    }
    sqlx::raw_sql("ROLLBACK TO ahead; RELEASE ahead")
        .execute(&mut *connection)
        .await?;
    Ok((false, Vec::new()))
}

/// How many jobs are planned for this instant, counted up to `most`.
pub(crate) async fn crowd_at(
    reader: &mut SqliteConnection,
    at: Timestamp,
    most: u32,
) -> Result<u32, sqlx::Error> {
    let at = at.as_micros();
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!: i64" FROM (SELECT 1 FROM infra_job WHERE plan_at = ? LIMIT ?)"#,
        at,
        most
    )
    .fetch_one(reader)
    .await?;
    Ok(small(count))
}

/// Reads what the jobs say that are due soon, so that their release finds it remembered, and what their handlers are bound to.
pub(crate) async fn foresee(
    reader: &mut SqliteConnection,
    memory: &Memory,
    after: Timestamp,
    until: Timestamp,
) -> Result<HashMap<String, Arc<Binding>>, sqlx::Error> {
    let (after, until) = (after.as_micros(), until.as_micros());
    let keys = sqlx::query_scalar!(
        r#"SELECT json_group_array(json_array(id, revision)) AS "keys!: String" FROM (
            SELECT id, revision FROM infra_job WHERE plan_at > ? AND plan_at <= ? ORDER BY plan_at, id LIMIT ?
        )"#,
        after,
        until,
        FORESEEN
    )
    .fetch_one(&mut *reader)
    .await?;
    let revisions = memory.revisions(reader, &json("jobs", &keys)?).await?;
    let handlers: BTreeSet<_> = revisions
        .values()
        .map(|revised| revised.spec.handler_name.as_str())
        .collect();
    if handlers.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(Queue::look_at_handlers(reader, handlers).await?.bindings)
}

/// Jobs whose plan is due, the longest due first, and when the next is due after that.
async fn due_jobs(
    connection: &mut SqliteConnection,
    memory: &Memory,
    at: i64,
    limit: u32,
) -> Result<(Vec<Job>, Option<Timestamp>), sqlx::Error> {
    let due = sqlx::query!(
        r#"SELECT (
            SELECT json_group_array(json_array(id, revision, source, created_at, updated_at, paused_at, paused_until,
                paused_by, paused_note, next_fire_at, plan_at, decided_until, released))
            FROM (SELECT * FROM infra_job WHERE plan_at <= ?1 ORDER BY plan_at, id LIMIT ?2)
        ) AS "states!: String", (SELECT min(plan_at) FROM infra_job WHERE plan_at > ?1) AS "later?: i64""#,
        at,
        limit
    )
    .fetch_one(&mut *connection)
    .await?;
    let jobs = job_states::complete(connection, memory, json("due jobs", &due.states)?).await?;
    Ok((jobs, due.later.map(instant)))
}

/// Decides every fire of one job up to `now`, however many, and returns the job as it is then.
pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    memory: &Memory,
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
        let jobs = std::slice::from_ref(&job);
        let queue = Queue::look_at_jobs(connection, jobs).await?;
        decide(connection, memory, jobs, queue, now, None, effects).await?;
        let id = job.id.0;
        let row: JobRow = select_jobs!("WHERE id = ?", id)
            .fetch_one(&mut *connection)
            .await?;
        job = row.try_into()?;
    }
    Ok(job)
}

#[derive(Default)]
struct Decided {
    runs: u64,
    skipped: u64,
    partial: bool,
    /// When one of the jobs is due next.
    next_plan_at: Option<Timestamp>,
    claims: Vec<Claim>,
}

async fn decide(
    connection: &mut SqliteConnection,
    memory: &Memory,
    jobs: &[Job],
    mut queue: Queue,
    now: Timestamp,
    seats: Option<&ClaimRequest>,
    effects: &mut Effects,
) -> Result<Decided, sqlx::Error> {
    let calendars = calendars_of(connection, jobs).await?;
    let mut decisions = Vec::with_capacity(jobs.len());
    for job in jobs {
        let decided = already_decided(connection, job, now).await?;
        let snapshot = Snapshot {
            job,
            active: queue.active(job),
            decided: &decided,
            calendars: &calendars,
        };
        decisions.push((job, release::release(&snapshot, now, || memory.next_run(now))));
    }
    let claims = insert_runs(connection, memory, &decisions, seats, &mut queue, now).await?;
    insert_skips(connection, memory, &decisions, now).await?;
    advance(connection, &decisions, now).await?;
    for (job, release) in &decisions {
        effects.released += release.runs.len() as u64;
        let skips = release.skips.iter();
        effects
            .skipped
            .extend(skips.map(|skip| (skip.reason, u64::from(skip.count))));
        for run in &release.cancels {
            let by = format!("cancelOther: a later fire of {}", job.spec.name);
            cancel::group(connection, memory, (job.id.0, *run), &by, now, effects).await?;
        }
    }
    let runs = decisions
        .iter()
        .map(|(_, release)| release.runs.len() as u64)
        .sum();
    effects.queue |= runs > claims.len() as u64;
    Ok(Decided {
        runs,
        skipped: decisions
            .iter()
            .flat_map(|(_, release)| &release.skips)
            .map(|skip| u64::from(skip.count))
            .sum(),
        partial: decisions.iter().any(|(_, release)| release.is_partial(now)),
        next_plan_at: decisions
            .iter()
            .filter_map(|(_, release)| release.progress.plan_at)
            .min(),
        claims,
    })
}

/// The instants from the next fire on that have rows already. There are none unless the clock was set back.
async fn already_decided(
    connection: &mut SqliteConnection,
    job: &Job,
    now: Timestamp,
) -> Result<BTreeSet<Timestamp>, sqlx::Error> {
    let (Some(next), Some(until)) = (job.progress.next_fire_at, job.progress.decided_until) else {
        return Ok(BTreeSet::new());
    };
    if until < next {
        return Ok(BTreeSet::new());
    }
    let (id, next_micros, now_micros) = (job.id.0, next.as_micros(), now.as_micros());
    let rows = sqlx::query!(
        r#"SELECT log.scheduled_at AS "from!: i64", log.scheduled_until AS "until?: i64", revision.spec AS "spec?: String"
        FROM infra_job_log AS log
        LEFT JOIN job_revision AS revision ON revision.job_id = log.job_id AND revision.revision = log.revision
            AND log.scheduled_until IS NOT NULL
        WHERE log.job_id = ?1 AND log.fire_key = 0 AND log.execute_index <= 1 AND log.scheduled_at <= ?3
            AND coalesce(log.scheduled_until, log.scheduled_at) >= ?2
        UNION ALL
        SELECT scheduled_at, NULL, NULL FROM run
        WHERE job_id = ?1 AND fire_key = 0 AND scheduled_at BETWEEN ?2 AND ?3"#,
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
async fn calendars_of(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<Calendars, sqlx::Error> {
    let names: BTreeSet<_> = jobs
        .iter()
        .flat_map(|job| &job.spec.blackouts)
        .filter_map(Blackout::calendar)
        .collect();
    calendars::named(connection, &names).await
}

/// Makes the runs. With seats, what needs nothing but a place is claimed, the higher priority first.
async fn insert_runs(
    connection: &mut SqliteConnection,
    memory: &Memory,
    decisions: &[(&Job, Release)],
    seats: Option<&ClaimRequest>,
    queue: &mut Queue,
    now: Timestamp,
) -> Result<Vec<Claim>, sqlx::Error> {
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
    let Some(request) = seats else {
        new_runs::insert(connection, memory, &runs, None, now).await?;
        return Ok(Vec::new());
    };
    let cancelling = decisions
        .iter()
        .filter(|(_, release)| !release.cancels.is_empty());
    let cancelling: BTreeSet<_> = cancelling.map(|(job, _)| job.id.0).collect();
    let mut ready: Vec<_> = runs
        .iter()
        .filter(|run| run.is_ready(now) && !cancelling.contains(&run.job.id.0))
        .collect();
    ready.sort_by_key(|run| Reverse(run.job.spec.priority));
    let claims = claim::claim_new(connection, memory, request, queue, &ready).await?;
    new_runs::insert(connection, memory, &runs, Some((request, &claims)), now).await?;
    Ok(claims)
}

async fn insert_skips(
    connection: &mut SqliteConnection,
    memory: &Memory,
    decisions: &[(&Job, Release)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let skips: Vec<_> = decisions
        .iter()
        .flat_map(|(job, release)| {
            release.skips.iter().map(|skip| {
                (
                    memory.next(now),
                    job.id.0,
                    &job.spec.name,
                    job.revision,
                    &job.spec.handler_name,
                    skip.from.as_micros(),
                    (skip.count > 1).then_some(skip.until.as_micros()),
                    skip.count,
                    skip.reason.as_str(),
                    skip.blocked_by.map(|run| run.0),
                    &skip.cause,
                )
            })
        })
        .collect();
    if skips.is_empty() {
        return Ok(());
    }
    let (skips, trigger, status) = (
        to_json(&skips)?,
        Trigger::Cron.as_str(),
        AttemptStatus::Skipped.as_str(),
    );
    let at = now.as_micros();
    sqlx::query!(
        "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, execute_index, status, run_trigger,
            scheduled_at, fire_key, scheduled_until, fire_count, reason, blocked_by, error, end_time, last)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 0, ?2, ?3,
            value ->> 5, 0, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, ?4, 1
        FROM json_each(?1)",
        skips,
        status,
        trigger,
        at
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn advance(
    connection: &mut SqliteConnection,
    decisions: &[(&Job, Release)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let progress: Vec<_> = decisions
        .iter()
        .map(|(job, Release { progress, .. })| {
            let micros = |at: Option<Timestamp>| at.map(Timestamp::as_micros);
            (
                job.id.0,
                micros(progress.next_fire_at),
                micros(progress.plan_at),
                micros(progress.decided_until),
                signed(progress.released),
            )
        })
        .collect();
    let progress = to_json(&progress)?;
    sqlx::query!(
        "UPDATE infra_job SET next_fire_at = value ->> 1, plan_at = value ->> 2, decided_until = value ->> 3,
            released = value ->> 4
        FROM jsonb_each(?) AS new WHERE infra_job.id = new.value ->> 0",
        progress
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
    connection: &mut SqliteConnection,
    job: i64,
    at: Timestamp,
    by: Option<&str>,
) -> Result<(), sqlx::Error> {
    let (at, paused) = (at.as_micros(), Hold::Paused.as_str());
    sqlx::query!(
        "UPDATE infra_job SET paused_at = NULL, paused_until = NULL, paused_by = NULL, paused_note = NULL WHERE id = ?",
        job
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE job_pause SET ended_at = ?, ended_by = ? WHERE job_id = ? AND ended_at IS NULL",
        at,
        by,
        job
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE run SET hold = NULL WHERE job_id = ? AND hold = ?",
        job,
        paused
    )
    .execute(connection)
    .await?;
    Ok(())
}
