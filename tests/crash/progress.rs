//! What the database says while the server lives, read beside it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

/// Between two looks. Nothing depends on it but how often is looked.
const PACE: Duration = Duration::from_millis(5);
/// What has not come by then does not come.
const PATIENCE: Duration = Duration::from_mins(2);

/// A reader beside the server.
#[derive(Debug)]
pub(crate) struct Progress(SqliteConnection);

impl Progress {
    pub(crate) async fn of(database: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .read_only(true)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        Self(options.connect().await.expect("the database is there"))
    }

    /// Rows that the log has.
    pub(crate) async fn rows(&mut self) -> i64 {
        self.number("SELECT count(*) FROM infra_job_log").await
    }

    /// Runs that have not ended.
    pub(crate) async fn active(&mut self) -> i64 {
        self.number("SELECT count(*) FROM run").await
    }

    /// Attempts that somebody carries out who is not the newest process.
    pub(crate) async fn orphans(&mut self) -> i64 {
        self.number(
            "SELECT (SELECT count(*) FROM infra_job_log WHERE status IN ('claimed', 'running') AND boot_id <> newest)
                + (SELECT count(*) FROM run WHERE state = 'running' AND boot_id <> newest)
            FROM (SELECT boot_id AS newest FROM node ORDER BY started_at DESC, boot_id DESC LIMIT 1)",
        )
        .await
    }

    async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.0)
            .await
            .expect("the database can be read")
    }
}

/// Looks until it is so. `give_up` ends it early; whether it was so comes back.
pub(crate) async fn until<L>(what: &str, mut look: L) -> bool
where
    L: AsyncFnMut() -> Look,
{
    let begun = Instant::now();
    loop {
        match look().await {
            Look::Yes => return true,
            Look::Never => return false,
            Look::NotYet => {}
        }
        assert!(begun.elapsed() < PATIENCE, "did not come: {what}");
        tokio::time::sleep(PACE).await;
    }
}

/// What a look shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Yes,
    NotYet,
    /// It will not come any more.
    Never,
}

impl From<bool> for Look {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::NotYet }
    }
}
