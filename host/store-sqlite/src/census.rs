//! Counting what a database says of its attempts, by a reader that only has the file: the check on what a benchmark claims.

use std::{collections::BTreeMap, path::Path};

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use wasmtab_domain::time::Timestamp;

use crate::convert::instant;

/// What the rows say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Rows of the log, by their status.
    pub attempts: BTreeMap<String, i64>,
    /// Runs that have not ended.
    pub queued: i64,
    /// When the first attempt was claimed.
    pub first_claim: Option<Timestamp>,
    /// When the last attempt ended.
    pub last_end: Option<Timestamp>,
    /// Microseconds from the due instant to the instant that the handler answered with, of the attempts whose result is one.
    pub lags: Vec<i64>,
}

/// Counts; the file is only read.
pub async fn take(file: &Path) -> Result<Census, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .disable_statement_logging()
        .connect()
        .await?;
    let attempts = sqlx::query!(
        r#"SELECT status, count(*) AS "count!: i64" FROM infra_job_log GROUP BY status ORDER BY status"#
    )
    .fetch_all(&mut connection)
    .await?;
    let queued = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM run"#)
        .fetch_one(&mut connection)
        .await?;
    let ends = sqlx::query!(
        r#"SELECT min(claimed_at) AS "first?: i64", max(end_time) AS "last?: i64" FROM infra_job_log"#
    )
    .fetch_one(&mut connection)
    .await?;
    let lags = sqlx::query_scalar!(
        r#"SELECT CAST(result AS INTEGER) - due_at AS "lag!: i64" FROM infra_job_log
        WHERE status = 'success' AND due_at IS NOT NULL AND CAST(result AS INTEGER) > 0"#
    )
    .fetch_all(&mut connection)
    .await?;
    Ok(Census {
        attempts: attempts.into_iter().map(|row| (row.status, row.count)).collect(),
        queued,
        first_claim: ends.first.map(instant),
        last_end: ends.last.map(instant),
        lags,
    })
}
