//! The order in which rows are locked: jobs first, by rising id, then whatever is theirs.
//!
//! A job's row stands for everything that is decided of it: its fires, whose turn it is, whether the last shard has ended. No
//! unique key keeps two processes from deciding one fire differently, or from both leaving a turn to the other; this lock does.
//! Where two transactions meet in another order all the same (a chain starts another job), PostgreSQL ends one of them, and the
//! writer tries it again.

use sqlx::PgConnection;

/// Holds these jobs until the transaction ends. Those that are gone are passed over.
pub(crate) async fn jobs(connection: &mut PgConnection, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT id FROM infra_job WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        ids
    )
    .fetch_all(connection)
    .await
    .map(drop)
}

/// The same for the jobs of these runs of the queue.
pub(crate) async fn jobs_of_runs(connection: &mut PgConnection, runs: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT id FROM infra_job WHERE id IN (SELECT job_id FROM run WHERE id = ANY($1)) ORDER BY id FOR UPDATE",
        runs
    )
    .fetch_all(connection)
    .await
    .map(drop)
}

/// The same for the jobs of these ended runs, and their first rows in the log: calls have no job.
pub(crate) async fn ended_runs(connection: &mut PgConnection, runs: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT id FROM infra_job WHERE id IN (SELECT job_id FROM infra_job_log WHERE id = ANY($1))
        ORDER BY id FOR UPDATE",
        runs
    )
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query!(
        "SELECT id FROM infra_job_log WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        runs
    )
    .fetch_all(connection)
    .await
    .map(drop)
}
