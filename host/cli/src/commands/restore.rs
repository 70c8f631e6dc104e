//! `wasmtab restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use wasmtab_store_postgres::Schema;
use wasmtab_store_sqlite::backup;

use super::backup::refused;
use crate::{
    context::Context,
    exit::{Exit, Failure},
    output::{
        self,
        cell::{text, time},
        table::facts,
    },
    serve::{self, Database},
};

#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    /// The data directory to make: a new or an empty one
    #[arg(
        long,
        env = "WASMTAB_DATA_DIR",
        value_name = "DIR",
        default_value = "./wasmtab-data"
    )]
    data_dir: PathBuf,
    /// Where the database goes, if not into the data directory: sqlite:PATH, a new file
    #[arg(
        long,
        env = "WASMTAB_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
}

const AFTER: &str = "A server that starts on the directory repeats the runs that were going on when the backup was taken, and decides the fires \
     since then by each job's misfire rule. See to it that the server that the backup is of does not run on.";

impl RestoreArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        check_empty(&self.data_dir)?;
        let database = Database::of(self.database_url.as_deref(), &Schema::default(), &self.data_dir)?
            .into_file("PostgreSQL is restored by its own tools: `pg_restore`, or `psql` with what `pg_dump` wrote, while no server runs")?;
        if database.exists() {
            return Err(in_the_way(&database, "is there already"));
        }
        // A log beside the file is part of a database, and of no backup: without it the file alone would lack the newest.
        let log = PathBuf::from(format!("{}-wal", self.file.display()));
        if log.metadata().is_ok_and(|log| log.len() > 0) {
            return Err(Failure::usage(format!(
                "{} is a database with its write-ahead log beside it, not a backup; make one by `wasmtab backup --database-url sqlite:{}`",
                self.file.display(),
                self.file.display()
            )));
        }
        let directory = serve::directory(&self.data_dir)?;
        let held = backup::restore(&self.file, &database).await.map_err(refused)?;
        if let Some(taken) = held.taken_at.filter(|taken| *taken > context.now()) {
            output::warn(&format!(
                "the backup was taken at {taken}, which is still to come by this machine's clock"
            ));
        }
        let restored = json!({
            "dataDir": directory.display().to_string(),
            "database": database.display().to_string(),
            "takenAt": held.taken_at,
            "schema": held.schema,
            "jobs": held.jobs,
            "activeRuns": held.runs,
            "logRows": held.log,
        });
        context
            .out
            .one(&restored, |restored| shown(restored, &self.data_dir))
    }
}

/// A directory that holds anything is somebody's; but for what a new file system comes with.
fn check_empty(directory: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(directory) {
        Ok(entries) => {
            let mut names = entries.map(|entry| entry.map(|entry| entry.file_name()));
            if names.all(|name| name.is_ok_and(|name| name == "lost+found")) {
                return Ok(());
            }
            Err(in_the_way(directory, "is not empty"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::own(format!(
            "data-dir: {} cannot be read: {error}",
            directory.display()
        ))),
    }
}

fn in_the_way(path: &Path, why: &str) -> Failure {
    Failure::new(
        Exit::Conflict,
        format!(
            "{} {why}; a backup is restored into a new place only",
            path.display()
        ),
    )
}

fn shown(restored: &Value, directory: &Path) -> String {
    let facts = facts(&[
        ("data directory", text(restored, "/dataDir")),
        ("taken at", time(restored, "/takenAt")),
        ("jobs", text(restored, "/jobs")),
        ("runs to repeat", text(restored, "/activeRuns")),
        ("rows of the log", text(restored, "/logRows")),
    ]);
    format!(
        "{facts}\nStart it: wasmtab serve --data-dir {}\n",
        directory.display()
    )
}
