//! What outcomes write into the log: what all have in one statement, what most have nothing of in another.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::SqliteConnection;
use wasmtab_domain::{
    run::{AttemptLog, Outcome},
    status::AttemptStatus,
    time::Timestamp,
};

use crate::convert::{signed, to_json};

/// Rows of the log, and the lines that attempts logged.
#[derive(Default)]
pub(crate) struct LogRows<'a> {
    /// By the status, and whether the run ended with it: most have both alike, which is said once.
    ends: BTreeMap<(&'static str, bool), Vec<End<'a>>>,
    seldom: Vec<Seldom<'a>>,
    lines: Vec<(i64, String)>,
}

/// What every outcome has, in the order in which `write_ends` reads it.
#[derive(Serialize)]
struct End<'a>(
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<&'a str>,
);

/// What most outcomes have nothing of.
#[derive(Serialize)]
struct Seldom<'a> {
    id: i64,
    error: Option<&'a str>,
    backtrace: Option<&'a str>,
    refusals: Option<String>,
    lines: usize,
    cut: i64,
    retry_at: Option<i64>,
    cancel_by: Option<String>,
}

impl Seldom<'_> {
    fn is_empty(&self) -> bool {
        self.error.is_none()
            && self.backtrace.is_none()
            && self.refusals.is_none()
            && self.lines == 0
            && self.cut == 0
            && self.retry_at.is_none()
            && self.cancel_by.is_none()
    }
}

impl<'a> LogRows<'a> {
    /// Adds what an outcome says; `status` is the attempt's, `last` whether its run ended with it.
    pub(crate) fn push(
        &mut self,
        outcome: &'a Outcome,
        status: AttemptStatus,
        retry_at: Option<Timestamp>,
        last: bool,
        cancel_by: Option<String>,
    ) -> Result<(), sqlx::Error> {
        let (id, ended) = (outcome.attempt_id.0, status.is_final());
        self.ends.entry((status.as_str(), last)).or_default().push(End(
            id,
            outcome.begin_time.map(Timestamp::as_micros),
            ended.then_some(outcome.end_time.as_micros()),
            outcome.duration.filter(|_| ended).map(signed),
            outcome.fuel_used.map(signed),
            outcome.peak_memory.map(signed),
            outcome.result.as_deref(),
        ));
        let seldom = Seldom {
            id,
            error: outcome.error.as_deref(),
            backtrace: outcome.backtrace.as_deref(),
            refusals: if outcome.refusals.is_empty() {
                None
            } else {
                Some(to_json(&outcome.refusals)?)
            },
            lines: outcome.log.lines.len(),
            cut: signed(outcome.log.cut_lines),
            retry_at: retry_at.map(Timestamp::as_micros),
            cancel_by,
        };
        if !seldom.is_empty() {
            self.seldom.push(seldom);
        }
        if outcome.log != AttemptLog::default() {
            self.lines.push((id, to_json(&outcome.log)?));
        }
        Ok(())
    }

    /// Writes them down.
    pub(crate) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for ((status, last), ends) in &self.ends {
            write_ends(connection, status, *last, ends).await?;
        }
        write_seldom(connection, &self.seldom).await?;
        write_lines(connection, &self.lines).await
    }
}

async fn write_ends(
    connection: &mut SqliteConnection,
    status: &str,
    last: bool,
    ends: &[End<'_>],
) -> Result<(), sqlx::Error> {
    let ends = to_json(ends)?;
    // What an earlier outcome said, after which its work went on elsewhere, counts no more; what this one says follows.
    // The sub-query takes each row of `jsonb_each` apart once; its rows are binary, `json_each` would write them as text.
    sqlx::query!(
        "UPDATE infra_job_log SET status = ?2, last = ?3, begin_time = coalesce(new.begin_time, infra_job_log.begin_time),
            end_time = new.end_time, duration = new.duration,
            fuel_used = coalesce(new.fuel_used, infra_job_log.fuel_used),
            peak_memory = coalesce(new.peak_memory, infra_job_log.peak_memory), result = new.result,
            error = NULL, backtrace = NULL, retry_at = NULL, cancel_by = NULL
        FROM (
            SELECT value ->> 0 AS id, value ->> 1 AS begin_time, value ->> 2 AS end_time, value ->> 3 AS duration,
                value ->> 4 AS fuel_used, value ->> 5 AS peak_memory, value ->> 6 AS result
            FROM jsonb_each(?1)
        ) AS new WHERE infra_job_log.id = new.id",
        ends,
        status,
        last
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_seldom(connection: &mut SqliteConnection, seldom: &[Seldom<'_>]) -> Result<(), sqlx::Error> {
    if seldom.is_empty() {
        return Ok(());
    }
    let seldom = to_json(seldom)?;
    sqlx::query!(
        "UPDATE infra_job_log SET error = new.row ->> 'error', backtrace = new.row ->> 'backtrace',
            refusals = coalesce(new.row ->> 'refusals', refusals), log_lines = log_lines + (new.row ->> 'lines'),
            log_cut_lines = log_cut_lines + (new.row ->> 'cut'), retry_at = new.row ->> 'retry_at',
            cancel_by = new.row ->> 'cancel_by'
        FROM (SELECT value AS row FROM jsonb_each(?)) AS new WHERE infra_job_log.id = new.row ->> 'id'",
        seldom
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_lines(connection: &mut SqliteConnection, logs: &[(i64, String)]) -> Result<(), sqlx::Error> {
    if logs.is_empty() {
        return Ok(());
    }
    let logs = to_json(logs)?;
    sqlx::query!(
        "INSERT INTO attempt_log (attempt_id, log) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
        logs
    )
    .execute(connection)
    .await?;
    Ok(())
}
