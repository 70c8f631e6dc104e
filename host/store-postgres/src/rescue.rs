//! Attempts whose process is gone: one that left, or that has not renewed its lease.

use sqlx::PgConnection;
use wasmtab_domain::{
    ids::{AttemptId, BootId, RunId},
    run::Outcome,
    status::AttemptStatus,
    time::Timestamp,
};

use crate::{Ids, effects::Effects, finish};

/// Outcomes that one batch of a recovery takes.
const BATCH: usize = 500;

/// Declares dead whoever has not renewed its lease, and ends the attempts of all who are gone. Their next sign of life tells
/// them so, and every outcome of theirs is refused: the attempt is not their run's any more.
pub(crate) async fn rescue(
    connection: &mut PgConnection,
    ids: &Ids,
    living: BootId,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "UPDATE node SET stopped_at = $1 WHERE lease_until <= $1 AND stopped_at IS NULL AND boot_id <> $2",
        now.to_chrono(),
        living.0
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT run.id, run.attempt_id AS "attempt_id!" FROM run
        LEFT JOIN node ON node.boot_id = run.boot_id AND node.stopped_at IS NULL
        WHERE run.state = 'running' AND run.boot_id <> $1 AND run.pending_until IS NULL AND node.boot_id IS NULL
        ORDER BY run.id"#,
        living.0
    )
    .fetch_all(&mut *connection)
    .await?;
    let lost = rows.iter().map(|row| (RunId(row.id), AttemptId(row.attempt_id)));
    let why = "its process ended before it did";
    abandon(connection, ids, lost, why, now, effects).await
}

/// Ends the attempts of `owner` that are not among `known`.
pub(crate) async fn give_back(
    connection: &mut PgConnection,
    ids: &Ids,
    owner: BootId,
    known: &[i64],
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, attempt_id AS "attempt_id!" FROM run
        WHERE state = 'running' AND boot_id = $1 AND attempt_id <> ALL($2) ORDER BY id"#,
        owner.0,
        known
    )
    .fetch_all(&mut *connection)
    .await?;
    let lost = rows.iter().map(|row| (RunId(row.id), AttemptId(row.attempt_id)));
    let why = "its process never heard of its claim";
    abandon(connection, ids, lost, why, now, effects).await
}

async fn abandon(
    connection: &mut PgConnection,
    ids: &Ids,
    lost: impl Iterator<Item = (RunId, AttemptId)>,
    error: &str,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<u64, sqlx::Error> {
    let outcomes: Vec<_> = lost
        .map(|(run, attempt)| Outcome {
            error: Some(error.into()),
            ..Outcome::bare(attempt, run, AttemptStatus::Abandoned, now)
        })
        .collect();
    let mut ended = 0;
    for batch in outcomes.chunks(BATCH) {
        let replies = finish::finish(connection, ids, batch, now, effects).await?;
        // Another process may have been faster.
        ended += replies
            .iter()
            .filter(|reply| **reply != wasmtab_store::FinishReply::Refused)
            .count();
    }
    Ok(ended as u64)
}
