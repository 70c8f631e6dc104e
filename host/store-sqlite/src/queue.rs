//! The queue as one decision finds it: all that says whether a run may begin now, read in one statement. Each statement goes to
//! the connection's thread and back, which for a start by hand is most of its time.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde::Deserialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    ids::{JobId, RunId},
    job::Job,
    release::ActiveRun,
    run::{Binding, Hold},
    time::Timestamp,
};

use crate::{
    Memory,
    capacity::Capacity,
    convert::{json, to_json},
    job_states::{self, JobState},
};

/// What was read.
#[derive(Debug)]
pub(crate) struct Queue {
    /// The priorities that runs wait with, the highest first.
    pub levels: Vec<Level>,
    /// When work that goes on elsewhere has taken as long as it may, or as long as somebody is told of; the earliest of all.
    pub elsewhere: Option<i64>,
    /// How many more attempts handlers may have.
    pub capacity: Capacity,
    /// What the names that were asked for are bound to.
    pub bindings: HashMap<String, Arc<Binding>>,
    /// The runs of the jobs that were asked for which have not ended, oldest first.
    pub active: HashMap<i64, Vec<ActiveRun>>,
}

/// Runs of one priority that wait.
#[derive(Debug, Deserialize)]
pub(crate) struct Level {
    pub priority: i64,
    /// When the oldest of them is due.
    pub since: i64,
}

/// Whom a decision is about, beside everybody.
#[derive(Default)]
struct Whom<'a> {
    handlers: BTreeSet<&'a str>,
    jobs: Vec<i64>,
    /// A job that is not known yet.
    unread: Option<i64>,
}

impl Queue {
    /// What is the same for everybody.
    pub(crate) async fn look(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        Ok(look(connection, &Whom::default()).await?.0)
    }

    /// And what is these handlers'.
    pub(crate) async fn look_at_handlers(
        connection: &mut SqliteConnection,
        handlers: BTreeSet<&str>,
    ) -> Result<Self, sqlx::Error> {
        let whom = Whom {
            handlers,
            ..Whom::default()
        };
        Ok(look(connection, &whom).await?.0)
    }

    /// And what is these jobs', and their handlers'.
    pub(crate) async fn look_at_jobs(
        connection: &mut SqliteConnection,
        jobs: &[Job],
    ) -> Result<Self, sqlx::Error> {
        let whom = Whom {
            handlers: jobs.iter().map(|job| job.spec.handler_name.as_str()).collect(),
            jobs: jobs.iter().map(|job| job.id.0).collect(),
            unread: None,
        };
        Ok(look(connection, &whom).await?.0)
    }

    /// The same for a job that has to be read too; none where it is not there.
    pub(crate) async fn look_for_job(
        connection: &mut SqliteConnection,
        memory: &Memory,
        id: JobId,
    ) -> Result<Option<(Job, Self)>, sqlx::Error> {
        let whom = Whom {
            jobs: vec![id.0],
            unread: Some(id.0),
            ..Whom::default()
        };
        let (queue, states) = look(connection, &whom).await?;
        let job = job_states::complete(connection, memory, states).await?.pop();
        Ok(job.map(|job| (job, queue)))
    }

    /// The runs of this job that have not ended, oldest first.
    pub(crate) fn active(&self, job: &Job) -> &[ActiveRun] {
        self.active.get(&job.id.0).map_or(&[], Vec::as_slice)
    }

    /// Whether runs are due already: each has its priority, which a claim looks at, and what is made now comes after them.
    pub(crate) fn others_wait(&self, now: Timestamp) -> bool {
        self.levels.iter().any(|level| level.since <= now.as_micros())
    }
}

/// The levels take one step in their index each; handlers without a bound are not looked at.
async fn look(
    connection: &mut SqliteConnection,
    whom: &Whom<'_>,
) -> Result<(Queue, Vec<JobState>), sqlx::Error> {
    let (handlers, jobs) = (to_json(&whom.handlers)?, to_json(&whom.jobs)?);
    let (unread, turn) = (whom.unread, Hold::Turn.as_str());
    let row = sqlx::query!(
        r#"WITH RECURSIVE level (priority) AS (
            SELECT max(priority) FROM run WHERE state <> 'running' AND hold IS NULL
            UNION ALL
            SELECT (
                SELECT max(priority) FROM run
                WHERE state <> 'running' AND hold IS NULL AND run.priority < level.priority
            ) FROM level WHERE level.priority IS NOT NULL
        )
        SELECT (
            SELECT json_group_array(json_array(priority, (
                SELECT min(due_at) FROM run
                WHERE state <> 'running' AND hold IS NULL AND run.priority = level.priority
            ))) FROM level WHERE priority IS NOT NULL
        ) AS "levels!: String", (
            SELECT min(pending_until) FROM run WHERE pending_until IS NOT NULL
        ) AS "until?: i64", (
            SELECT min(warn_at) FROM run WHERE warn_at IS NOT NULL
        ) AS "warn_at?: i64", (
            SELECT json_group_array(json_array(name, held_at IS NOT NULL, max_concurrency, (
                SELECT count(*) FROM run WHERE handler_name = name AND state = 'running'
            ))) FROM handler WHERE held_at IS NOT NULL OR max_concurrency IS NOT NULL
        ) AS "bounded!: String", (
            SELECT json_group_array(json_array(handler.name, version.plugin, version.version, version.digest,
                handler.revision))
            FROM (
                SELECT value AS name FROM json_each(?1)
                UNION
                SELECT handler_name FROM infra_job WHERE id = ?4
            ) AS wanted
            CROSS JOIN handler ON handler.name = wanted.name
            JOIN plugin ON plugin.name = handler.plugin
            JOIN plugin_version AS version ON version.plugin = plugin.name
                AND version.version = coalesce(handler.version, plugin.active_version) AND NOT version.deleted
        ) AS "bindings!: String", (
            SELECT json_group_array(json_array(job_id, group_id, held)) FROM (
                SELECT job_id, group_id, min(coalesce(hold = ?3, 0)) AS held FROM run
                WHERE job_id IN (SELECT value FROM json_each(?2))
                GROUP BY job_id, group_id ORDER BY group_id
            )
        ) AS "active!: String", (
            SELECT json_group_array(json_array(id, revision, source, created_at, updated_at, paused_at, paused_until,
                paused_by, paused_note, next_fire_at, plan_at, decided_until, released))
            FROM infra_job WHERE id = ?4
        ) AS "states!: String""#,
        handlers,
        jobs,
        turn,
        unread
    )
    .fetch_one(connection)
    .await?;
    let bindings: Vec<(String, String, i64, String, i64)> = json("bindings", &row.bindings)?;
    let runs: Vec<(i64, i64, u8)> = json("active runs", &row.active)?;
    let mut active: HashMap<_, Vec<_>> = HashMap::new();
    for (job, first, held) in runs {
        active.entry(job).or_default().push(ActiveRun {
            run_id: RunId(first),
            held: held != 0,
        });
    }
    let queue = Queue {
        levels: json("levels", &row.levels)?,
        elsewhere: row.until.into_iter().chain(row.warn_at).min(),
        capacity: Capacity::of(json("bounded handlers", &row.bounded)?),
        bindings: bindings
            .into_iter()
            .map(|(name, plugin, version, digest, handler_revision)| {
                let binding = Binding {
                    plugin,
                    version,
                    digest,
                    handler_revision,
                };
                (name, Arc::new(binding))
            })
            .collect(),
        active,
    };
    Ok((queue, json("jobs", &row.states)?))
}
