//! What the bare database holds: the rows that a run costs at least, in the same tables, with nothing decided and nobody told.
//! The scheduler is measured against it.

use std::path::Path;

use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::open::{MIGRATIONS, options};

/// Runs that one commit takes.
const BATCH: u32 = 500;

/// A database that nothing serves.
#[derive(Debug)]
pub struct Bare {
    connection: SqliteConnection,
    next: i64,
}

impl Bare {
    /// Makes it, as durable as the product's own.
    pub async fn open(file: &Path) -> Result<Self, sqlx::Error> {
        let mut connection = options(file).connect().await?;
        MIGRATIONS.run(&mut connection).await?;
        Ok(Self { connection, next: 1 })
    }

    /// Puts so many runs into the queue, in one commit.
    pub async fn enqueue(&mut self, runs: u32) -> Result<(), sqlx::Error> {
        let (first, last) = (self.next, self.next + i64::from(runs) - 1);
        self.next = last + 1;
        sqlx::query!(
            "WITH RECURSIVE new (id) AS (SELECT ?1 UNION ALL SELECT id + 1 FROM new WHERE id < ?2)
            INSERT INTO run (id, job_id, job_name, revision, handler_name, run_trigger, scheduled_at, fire_key, due_at,
                state, group_id)
            SELECT id, 1 + id % 100, 'baseline', 1, 'NoopHandler', 'cron', id, 0, id, 'queued', id FROM new",
            first,
            last
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Claims all of them and ends them: a commit for the claims of a batch, a commit for their outcomes.
    pub async fn work_off(&mut self) -> Result<(), sqlx::Error> {
        let mut first = 1;
        while first < self.next {
            let last = (first + i64::from(BATCH)).min(self.next) - 1;
            self.claim(first, last).await?;
            self.end(first, last).await?;
            first = last + 1;
        }
        Ok(())
    }

    async fn claim(&mut self, first: i64, last: i64) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        sqlx::query!(
            "INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
                run_id, run_trigger, scheduled_at, fire_key, due_at, claimed_at, plugin, plugin_version, digest, node, boot_id)
            SELECT id, job_id, job_name, revision, handler_name, '', 1, 'claimed', id, run_trigger, scheduled_at, fire_key,
                due_at, due_at, 'noop', 1,
                'sha256:0000000000000000000000000000000000000000000000000000000000000000', 'node', 1
            FROM run WHERE id BETWEEN ?1 AND ?2",
            first,
            last
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE run SET state = 'running', boot_id = 1, attempts = 1, attempt_id = id WHERE id BETWEEN ?1 AND ?2",
            first,
            last
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn end(&mut self, first: i64, last: i64) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        sqlx::query!(
            "UPDATE infra_job_log SET status = 'success', begin_time = claimed_at, end_time = claimed_at, duration = 0,
                result = '1800000000000000', fuel_used = 1000, peak_memory = 65536, last = 1
            WHERE id BETWEEN ?1 AND ?2",
            first,
            last
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("DELETE FROM run WHERE id BETWEEN ?1 AND ?2", first, last)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
