//! `wasmtab backup`.

use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use reqwest::{Response, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wasmtab_domain::{digest::Digest, time::Timestamp};
use wasmtab_store_postgres::Schema;
use wasmtab_store_sqlite::{
    OpenError,
    backup::{self, BackupError, BackupFacts},
    copy::{self, CopyError},
};

use crate::{
    context::Context,
    exit::{Exit, Failure},
    output::{
        self,
        cell::{bytes, text, time},
        table::facts,
    },
    serve::Database,
};

/// However large it is, a download that takes longer will not come.
const PATIENCE: Duration = Duration::from_hours(24);
/// How often a person is told how far it has got.
const TELL: u64 = 64 * 1024 * 1024;

#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct BackupArgs {
    /// The new file; one that is there already is left alone [default: wasmtab-INSTANT.db]
    file: Option<PathBuf>,
    /// Copy out of this data directory, which no server has open, instead of asking a server
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Copy this database, which no server has open: sqlite:PATH; PostgreSQL has tools of its own
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    database_url: Option<String>,
}

const AFTER: &str = "The file holds everything: jobs, history, plugins, grants, the values of secrets, and the hashes of tokens. Keep it as you \
     keep passwords. It is a SQLite database; `wasmtab restore` makes a data directory of it.";

impl BackupArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        tokio::select! {
            taken = self.take(context) => taken,
            // What is unfinished goes with the work that is dropped here.
            _ = tokio::signal::ctrl_c() => Err(Failure::own("interrupted; nothing was kept")),
        }
    }

    async fn take(self, context: &Context) -> Result<(), Failure> {
        let now = context.now();
        let file = self.file.unwrap_or_else(|| default_name(now));
        if file.exists() {
            return Err(Failure::new(
                Exit::Conflict,
                format!("{} is there already, and is left alone", file.display()),
            ));
        }
        let taken = match (self.data_dir, self.database_url) {
            (None, None) => download(context, &file).await?,
            (data_dir, url) => {
                let database = Database::of(url.as_deref(), &Schema::default(), &data_dir.unwrap_or_default())?
                    .into_file("PostgreSQL is backed up by its own tools: `pg_dump --schema wasmtab` writes everything, while servers go on")?;
                let held = backup::backup(&database, &file, now).await.map_err(refused)?;
                described(&file, &held, None)?
            }
        };
        context.out.one(&taken, shown)
    }
}

fn default_name(now: Timestamp) -> PathBuf {
    format!("wasmtab-{}.db", now.to_chrono().format("%Y%m%dT%H%M%SZ")).into()
}

/// From a server, which goes on meanwhile.
async fn download(context: &Context, file: &Path) -> Result<Value, Failure> {
    let client = context.client()?;
    let answer = client.get(&["backup"]).within(PATIENCE).answer().await?;
    let expected = (answer.content_length(), digest_of(&answer));
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut scratch = copy::scratch_in(directory).map_err(|error| refused(error.into()))?;
    let (length, digest) = receive(answer, scratch.as_file_mut(), file).await?;
    if expected.0.is_some_and(|expected| expected != length) {
        return Err(Failure::own(format!("the connection ended after {length} bytes")));
    }
    if expected.1.is_some_and(|expected| expected != digest) {
        return Err(Failure::own(
            "what arrived is not what was sent: its SHA-256 is another",
        ));
    }
    let held = backup::verify(scratch.path()).await.map_err(refused)?;
    copy::finish(scratch, file).map_err(|error| refused(error.into()))?;
    described(file, &held, Some(digest))
}

async fn receive(mut answer: Response, scratch: &mut File, file: &Path) -> Result<(u64, Digest), Failure> {
    let mut hash = Sha256::new();
    let (mut length, mut told) = (0, 0);
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| Failure::own(format!("the connection ended after {length} bytes: {error}")))?
    {
        scratch
            .write_all(&chunk)
            .map_err(|error| Failure::own(format!("{} cannot be written: {error}", file.display())))?;
        hash.update(&chunk);
        length += chunk.len() as u64;
        if length - told >= TELL {
            told = length;
            output::progress(&format!("{} MiB", length / (1024 * 1024)));
        }
    }
    Ok((length, Digest(hash.finalize().into())))
}

/// What the server says that the file's SHA-256 is.
fn digest_of(answer: &Response) -> Option<Digest> {
    let tag = answer.headers().get(header::ETAG)?.to_str().ok()?;
    tag.trim_matches('"').parse().ok()
}

/// A backup that was taken, as JSON.
fn described(file: &Path, held: &BackupFacts, digest: Option<Digest>) -> Result<Value, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::own(format!("{} cannot be read again: {error}", file.display()));
    let digest = if let Some(digest) = digest {
        digest
    } else {
        let mut hash = Sha256::new();
        let mut copy = File::open(file).map_err(unreadable)?;
        std::io::copy(&mut copy, &mut hash).map_err(unreadable)?;
        Digest(hash.finalize().into())
    };
    let path = file.canonicalize().map_err(unreadable)?;
    Ok(json!({
        "file": path.display().to_string(),
        "bytes": path.metadata().map_err(unreadable)?.len(),
        "sha256": digest.to_string(),
        "takenAt": held.taken_at,
        "schema": held.schema,
        "jobs": held.jobs,
        "activeRuns": held.runs,
        "logRows": held.log,
    }))
}

fn shown(taken: &Value) -> String {
    facts(&[
        ("file", text(taken, "/file")),
        ("size", bytes(taken, "/bytes")),
        ("sha256", text(taken, "/sha256")),
        ("taken at", time(taken, "/takenAt")),
        ("jobs", text(taken, "/jobs")),
        ("runs under way", text(taken, "/activeRuns")),
        ("rows of the log", text(taken, "/logRows")),
    ])
}

/// What a refusal is to the shell.
pub(super) fn refused(error: BackupError) -> Failure {
    let exit = match &error {
        BackupError::Missing(_) => Exit::NotFound,
        BackupError::Open(OpenError::Locked(_)) => {
            return Failure::new(Exit::Conflict, error)
                .with("ask the server itself: `wasmtab backup FILE`, with --server and --token");
        }
        BackupError::Copy(CopyError::File { cause, .. }) if cause.kind() == ErrorKind::AlreadyExists => {
            Exit::Conflict
        }
        BackupError::Foreign { .. } | BackupError::Damaged { .. } | BackupError::Schema { .. } => Exit::Usage,
        BackupError::File { .. } | BackupError::Open(_) | BackupError::Copy(_) => Exit::Unavailable,
    };
    Failure::new(exit, error)
}
