//! Counting the rows of a database, in a process of its own: it knows nothing but the file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tokio::process::Command;
use wasmtab_domain::time::Timestamp;

use super::figures::spread;
use crate::exit::Failure;

#[derive(Args, Debug)]
pub(crate) struct CountArgs {
    /// The database
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl CountArgs {
    /// What the rows say: how attempts ended, when the first was claimed, how long after their due instant guests began.
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let rows = wasmtab_store_sqlite::census::take(&self.file)
            .await
            .map_err(|error| Failure::own(format!("{}: {error}", self.file.display())))?;
        Ok(json!({
            "attempts": rows.attempts,
            "queued": rows.queued,
            "firstClaimMicros": rows.first_claim.map(Timestamp::as_micros),
            "lastEndMicros": rows.last_end.map(Timestamp::as_micros),
            "lag": spread(rows.lags),
        }))
    }
}

/// Lets another process count.
pub(super) async fn by_another(file: &Path) -> Result<Value, Failure> {
    let program = std::env::current_exe().map_err(Failure::own)?;
    let output = Command::new(program)
        .args(["bench", "count", "-o", "json"])
        .arg(file)
        .output()
        .await
        .map_err(|error| Failure::own(format!("the reader does not start: {error}")))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::own(format!("the reader failed: {reason}")));
    }
    serde_json::from_slice(&output.stdout).map_err(Failure::own)
}
