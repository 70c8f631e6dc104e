//! What ends and warnings tell: the domain decides, and the deliveries are written in the transaction that brought them about.
//!
//! Where there are no rules, a batch of ends costs one look into an empty table.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::SqliteConnection;
use wasmtab_domain::{
    alert::{self, DeliveryStatus, Event, JobFacts, Message, Outgoing, Rule, Silence, Subject},
    ids::{AttemptId, JobId, RunId},
    run::{Attempt, RunPolicy, RunStatus},
    status::{AttemptStatus, RunState},
    time::Timestamp,
};

use crate::{
    Memory,
    chains::{self, EndedRun},
    convert::{LogRow, instant, json, select_log, to_json},
    effects::Effects,
};

/// Pending attempts that one claim warns of.
const BATCH: i64 = 500;

/// Tells of runs that have just ended; their rows are gone, and the log has their last attempts.
pub(crate) async fn after(
    connection: &mut SqliteConnection,
    memory: &Memory,
    ended: &[EndedRun],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let Some(rules) = Rules::load(connection).await? else {
        return Ok(());
    };
    let mut ends = Vec::with_capacity(ended.len());
    for (index, run) in ended.iter().enumerate() {
        // The shards of a fire tell together and once, when the last of them has ended.
        if chains::is_later_shard(ended, index) {
            continue;
        }
        let status = if run.shards_of.is_none() {
            Some(run.status)
        } else {
            chains::outcome(connection, run).await?.map(|(status, _)| status)
        };
        ends.extend(status.map(|status| (run, status)));
    }
    let mut failing = Failing::load(connection, &ends).await?;
    let told: Vec<_> = ends
        .iter()
        .filter(|(run, status)| alert::ended(*status, failing.of(run).is_some()).is_some())
        .filter_map(|(run, _)| run.job.as_ref().map(|(id, _)| *id))
        .collect();
    let jobs = job_facts(connection, &told).await?;
    let nothing = JobFacts::default();
    let mut outbox = Outbox::new(memory, now);
    for (run, status) in &ends {
        let before = failing.of(run);
        let Some(event) = alert::ended(*status, before.is_some()) else {
            continue;
        };
        let job = run.job.as_ref().map(|(id, _)| *id);
        let facts = job.and_then(|job| jobs.get(&job));
        let subject = Subject {
            job: job.map(JobId),
            labels: &facts.unwrap_or(&nothing).labels,
            handler: &run.handler_name,
        };
        match (event, job) {
            (Event::Recovery, Some(job)) => failing.recovered(job),
            (Event::Failure, Some(job)) if rules.cover(subject) => failing.failed(job, run.first, now),
            _ => {}
        }
        let outgoing = rules.outgoing(connection, event, *status, subject, now).await?;
        if outgoing.is_empty() {
            continue;
        }
        let attempt = deciding_attempt(connection, run, *status).await?;
        let message = Message {
            event,
            at: now,
            job: facts,
            attempt: attempt.as_ref(),
            status: Some(RunStatus::Ended(*status)),
            failing: before,
            warn_after: None,
        };
        outbox.add(&message, run.first, outgoing)?;
    }
    failing.save(connection).await?;
    outbox.write(connection, effects).await
}

/// Writes that attempts have gone on for as long as their jobs' `warnAfter`, and tells of it. An attempt that has ended, or of
/// which it was told, is passed over.
pub(crate) async fn warn(
    connection: &mut SqliteConnection,
    memory: &Memory,
    late: &[(RunId, AttemptId)],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let tokens: Vec<_> = late.iter().map(|(run, attempt)| (run.0, attempt.0)).collect();
    let (tokens, at, running) = (to_json(&tokens)?, now.as_micros(), RunState::Running.as_str());
    let warned = sqlx::query!(
        r#"UPDATE infra_job_log SET warned_at = ?2
        FROM (
            SELECT run.id AS run_id, run.attempt_id FROM json_each(?1) AS token
            CROSS JOIN run ON run.id = token.value ->> 0 AND run.attempt_id = token.value ->> 1
            WHERE run.state = ?3
        ) AS going_on
        WHERE infra_job_log.id = going_on.attempt_id AND infra_job_log.warned_at IS NULL
        RETURNING infra_job_log.id AS "attempt_id!: i64", infra_job_log.run_id AS "run_id!: i64""#,
        tokens,
        at,
        running
    )
    .fetch_all(&mut *connection)
    .await?;
    effects.changed.extend(warned.iter().map(|row| RunId(row.run_id)));
    if warned.is_empty() {
        return Ok(());
    }
    let Some(rules) = Rules::load(connection).await? else {
        return Ok(());
    };
    let nothing = JobFacts::default();
    let mut outbox = Outbox::new(memory, now);
    for row in warned {
        let attempt: Attempt = select_log!("WHERE id = ?", row.attempt_id)
            .fetch_one(&mut *connection)
            .await?
            .try_into()?;
        let (first, policy) = first_and_policy(connection, row.run_id).await?;
        let job = attempt.job_id.map(|job| job.0);
        let jobs = job_facts(connection, job.as_slice()).await?;
        let facts = job.and_then(|job| jobs.get(&job));
        let subject = Subject {
            job: attempt.job_id,
            labels: &facts.unwrap_or(&nothing).labels,
            handler: &attempt.handler_name,
        };
        let (event, status) = (Event::WarnAfter, AttemptStatus::Running);
        let outgoing = rules.outgoing(connection, event, status, subject, now).await?;
        if outgoing.is_empty() {
            continue;
        }
        let message = Message {
            event,
            at: now,
            job: facts,
            attempt: Some(&attempt),
            status: Some(RunStatus::Active(RunState::Running)),
            failing: None,
            warn_after: policy.warn_after,
        };
        outbox.add(&message, first, outgoing)?;
    }
    outbox.write(connection, effects).await
}

/// The same for attempts whose work goes on elsewhere, which no process watches.
pub(crate) async fn warn_pending(
    connection: &mut SqliteConnection,
    memory: &Memory,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let at = now.as_micros();
    let late = sqlx::query!(
        r#"SELECT id AS "id!: i64", attempt_id AS "attempt_id!: i64" FROM run
        WHERE warn_at <= ? ORDER BY warn_at, id LIMIT ?"#,
        at,
        BATCH
    )
    .fetch_all(&mut *connection)
    .await?;
    if late.is_empty() {
        return Ok(());
    }
    let runs = to_json(&late.iter().map(|row| row.id).collect::<Vec<_>>())?;
    sqlx::query!(
        "UPDATE run SET warn_at = NULL WHERE id IN (SELECT value FROM json_each(?))",
        runs
    )
    .execute(&mut *connection)
    .await?;
    let late: Vec<_> = late
        .iter()
        .map(|row| (RunId(row.id), AttemptId(row.attempt_id)))
        .collect();
    warn(connection, memory, &late, now, effects).await
}

/// The rules, and what else the decision looks at, read when it is needed.
struct Rules {
    rules: Vec<Rule>,
    enabled: HashSet<String>,
}

impl Rules {
    /// None where there are no rules.
    async fn load(connection: &mut SqliteConnection) -> Result<Option<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT rule.name, rule.scope, rule.occasions, rule.channel,
                coalesce(channel.enabled, 0) AS "enabled!: bool"
            FROM alert_rule AS rule LEFT JOIN alert_channel AS channel ON channel.name = rule.channel
            ORDER BY rule.name"#
        )
        .fetch_all(connection)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut all = Self {
            rules: Vec::with_capacity(rows.len()),
            enabled: HashSet::new(),
        };
        for row in rows {
            if row.enabled {
                all.enabled.insert(row.channel.clone());
            }
            all.rules.push(Rule {
                name: row.name,
                scope: json("scope", &row.scope)?,
                on: json("occasions", &row.occasions)?,
                channel: row.channel,
            });
        }
        Ok(Some(all))
    }

    fn cover(&self, subject: Subject<'_>) -> bool {
        self.rules.iter().any(|rule| rule.scope.covers(subject))
    }

    async fn outgoing(
        &self,
        connection: &mut SqliteConnection,
        event: Event,
        status: AttemptStatus,
        subject: Subject<'_>,
        now: Timestamp,
    ) -> Result<Vec<Outgoing>, sqlx::Error> {
        let at = now.as_micros();
        let mut outgoing = alert::outgoing(event, status, subject, &self.rules, &[], now);
        outgoing.retain(|out| self.enabled.contains(&out.channel));
        if outgoing.is_empty() {
            return Ok(outgoing);
        }
        let rows = sqlx::query!(
            r#"SELECT id AS "id!: i64", scope, until FROM alert_silence WHERE until > ? ORDER BY id"#,
            at
        )
        .fetch_all(connection)
        .await?;
        let silences = rows
            .into_iter()
            .map(|row| {
                Ok(Silence {
                    id: row.id,
                    scope: json("scope", &row.scope)?,
                    until: instant(row.until),
                })
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        let mut outgoing = alert::outgoing(event, status, subject, &self.rules, &silences, now);
        outgoing.retain(|out| self.enabled.contains(&out.channel));
        Ok(outgoing)
    }
}

/// Jobs whose last run had failed, as far as a batch of ends concerns them, and what the batch changes of that.
#[derive(Default)]
struct Failing {
    now: HashMap<i64, (RunId, Timestamp)>,
    begun: BTreeSet<i64>,
    over: BTreeSet<i64>,
}

impl Failing {
    async fn load(
        connection: &mut SqliteConnection,
        ends: &[(&EndedRun, AttemptStatus)],
    ) -> Result<Self, sqlx::Error> {
        let jobs: BTreeSet<_> = ends
            .iter()
            .filter_map(|(run, _)| run.job.as_ref().map(|(id, _)| *id))
            .collect();
        let jobs = to_json(&jobs)?;
        let rows = sqlx::query!(
            r#"SELECT job_id AS "job_id!: i64", run_id, since FROM alert_failing
            WHERE job_id IN (SELECT value FROM json_each(?))"#,
            jobs
        )
        .fetch_all(connection)
        .await?;
        Ok(Self {
            now: rows
                .into_iter()
                .map(|row| (row.job_id, (RunId(row.run_id), instant(row.since))))
                .collect(),
            ..Self::default()
        })
    }

    fn of(&self, run: &EndedRun) -> Option<(RunId, Timestamp)> {
        let (job, _) = run.job.as_ref()?;
        self.now.get(job).copied()
    }

    fn failed(&mut self, job: i64, run: RunId, at: Timestamp) {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.now.entry(job) {
            entry.insert((run, at));
            self.begun.insert(job);
        }
    }

    fn recovered(&mut self, job: i64) {
        self.now.remove(&job);
        // One that began to fail in the same batch has no row.
        if !self.begun.remove(&job) {
            self.over.insert(job);
        }
    }

    async fn save(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if !self.over.is_empty() {
            let over = to_json(&self.over)?;
            sqlx::query!(
                "DELETE FROM alert_failing WHERE job_id IN (SELECT value FROM json_each(?))",
                over
            )
            .execute(&mut *connection)
            .await?;
        }
        let begun: Vec<_> = self
            .begun
            .iter()
            .filter_map(|job| {
                self.now
                    .get(job)
                    .map(|(run, since)| (job, run.0, since.as_micros()))
            })
            .collect();
        if !begun.is_empty() {
            let begun = to_json(&begun)?;
            sqlx::query!(
                "INSERT INTO alert_failing (job_id, run_id, since)
                SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
                begun
            )
            .execute(connection)
            .await?;
        }
        Ok(())
    }
}

/// Deliveries that are to be written.
struct Outbox<'a> {
    memory: &'a Memory,
    now: Timestamp,
    rows: Vec<serde_json::Value>,
    pending: bool,
}

impl<'a> Outbox<'a> {
    const fn new(memory: &'a Memory, now: Timestamp) -> Self {
        Self {
            memory,
            now,
            rows: Vec::new(),
            pending: false,
        }
    }

    fn add(&mut self, message: &Message<'_>, run: RunId, outgoing: Vec<Outgoing>) -> Result<(), sqlx::Error> {
        let now = self.now.as_micros();
        for out in outgoing {
            let id = self.memory.next(self.now);
            let silenced = out.silenced_by.is_some();
            self.pending |= !silenced;
            self.rows.push(serde_json::json!({
                "id": id,
                "channel": out.channel,
                "event": message.event.as_str(),
                "run": run.0,
                "job": message.attempt.and_then(|attempt| attempt.job_id).map(|job| job.0),
                "job_name": message.attempt.and_then(|attempt| attempt.job_name.as_deref()),
                "body": to_json(&message.body(id, &out.rules))?,
                "status": if silenced { DeliveryStatus::Silenced } else { DeliveryStatus::Pending }.as_str(),
                "next_at": (!silenced).then_some(now),
                "ended_at": silenced.then_some(now),
                "silenced_by": out.silenced_by,
            }));
        }
        Ok(())
    }

    async fn write(
        self,
        connection: &mut SqliteConnection,
        effects: &mut Effects,
    ) -> Result<(), sqlx::Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (rows, now) = (to_json(&self.rows)?, self.now.as_micros());
        // Of each run a channel hears of the same thing once.
        sqlx::query!(
            "INSERT INTO alert_delivery (id, channel, event, run_id, job_id, job_name, body, status, created_at, next_at,
                ended_at, silenced_by)
            SELECT value ->> 'id', value ->> 'channel', value ->> 'event', value ->> 'run', value ->> 'job',
                value ->> 'job_name', value ->> 'body', value ->> 'status', ?2, value ->> 'next_at',
                value ->> 'ended_at', value ->> 'silenced_by'
            FROM json_each(?1) WHERE true
            ON CONFLICT DO NOTHING",
            rows,
            now
        )
        .execute(connection)
        .await?;
        effects.alerts |= self.pending;
        Ok(())
    }
}

async fn job_facts(
    connection: &mut SqliteConnection,
    jobs: &[i64],
) -> Result<HashMap<i64, JobFacts>, sqlx::Error> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let jobs = to_json(jobs)?;
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: i64", labels, owner, runbook FROM infra_job
        WHERE id IN (SELECT value FROM json_each(?))"#,
        jobs
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let facts = JobFacts {
                labels: json("labels", &row.labels)?,
                owner: row.owner,
                runbook: row.runbook,
            };
            Ok((row.id, facts))
        })
        .collect()
}

/// The last attempt of a run; of shards, that of the first which ended as all of them together.
async fn deciding_attempt(
    connection: &mut SqliteConnection,
    run: &EndedRun,
    status: AttemptStatus,
) -> Result<Option<Attempt>, sqlx::Error> {
    let row: Option<LogRow> = match (&run.job, run.shards_of) {
        (Some((job, _)), Some(fire)) => {
            let status = status.as_str();
            select_log!(
                "WHERE job_id = ? AND scheduled_at = ? AND fire_key = ? AND last = 1 AND status = ?
                ORDER BY shard_index LIMIT 1",
                job,
                fire.scheduled_at,
                fire.fire_key,
                status
            )
            .fetch_optional(connection)
            .await?
        }
        _ => {
            select_log!(
                "WHERE (id = ?1 AND run_id = ?1 OR run_id = ?1 AND execute_index > 1) AND last = 1",
                run.first.0
            )
            .fetch_optional(connection)
            .await?
        }
    };
    row.map(Attempt::try_from).transpose()
}

/// The first shard of a run's fire, and the run's policy.
async fn first_and_policy(
    connection: &mut SqliteConnection,
    run: i64,
) -> Result<(RunId, RunPolicy), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT run.group_id, coalesce(run.policy, revision.policy) AS "policy!: String"
        FROM run LEFT JOIN job_revision AS revision ON revision.job_id = run.job_id AND revision.revision = run.revision
        WHERE run.id = ?"#,
        run
    )
    .fetch_one(connection)
    .await?;
    Ok((RunId(row.group_id), json("policy", &row.policy)?))
}
