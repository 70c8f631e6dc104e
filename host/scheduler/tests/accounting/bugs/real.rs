//! The real store, and a way around it for those who bend it.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tokio::sync::Mutex;
use wasmtab_store_sqlite::SqliteStore;

/// The store in a file.
#[derive(Debug)]
pub(crate) struct Real {
    pub store: SqliteStore,
    file: PathBuf,
    around: Mutex<Option<SqliteConnection>>,
}

impl Real {
    pub(crate) async fn open(file: &Path) -> Self {
        Self {
            store: SqliteStore::open(file).await.unwrap(),
            file: file.to_owned(),
            around: Mutex::default(),
        }
    }

    /// Keeps every job as it is in a table of this name.
    pub(super) async fn keep(&self, name: &str) {
        self.sql(format!(
            "DROP TABLE IF EXISTS {name};
            CREATE TABLE {name} AS SELECT * FROM infra_job"
        ))
        .await;
    }

    /// Puts back how far every job was decided when it was kept.
    pub(super) async fn restore(&self, name: &str) {
        self.sql(format!(
            "UPDATE infra_job SET next_fire_at = kept.next_fire_at, plan_at = kept.plan_at,
                decided_until = kept.decided_until, released = kept.released
            FROM {name} AS kept WHERE kept.id = infra_job.id"
        ))
        .await;
    }

    /// Puts back the pauses too that lay over the jobs.
    pub(super) async fn restore_pauses(&self, name: &str) {
        self.sql(format!(
            "UPDATE infra_job SET paused_at = kept.paused_at, paused_until = kept.paused_until,
                paused_by = kept.paused_by, paused_note = kept.paused_note
            FROM {name} AS kept WHERE kept.id = infra_job.id"
        ))
        .await;
    }

    /// Writes past the store, in a transaction of its own.
    pub(crate) async fn sql(&self, statements: impl Into<String>) {
        let mut around = self.around.lock().await;
        if around.is_none() {
            let url = format!("sqlite:{}", self.file.display());
            *around = Some(SqliteConnection::connect(&url).await.unwrap());
        }
        let connection = around.as_mut().unwrap();
        let statements = format!("BEGIN IMMEDIATE; {}; COMMIT", statements.into());
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(connection)
            .await
            .unwrap();
    }
}
