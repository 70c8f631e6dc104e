//! Backups of a running server.

use std::{fs::File, io::Seek as _, sync::Arc};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use wasmtab_domain::{digest::Digest, time::Timestamp};
use wasmtab_store::{Principal, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    service::{Change, Service, authorize},
};

/// A copy of everything as of one instant: jobs, history, plugins, grants, the values of secrets, the hashes of tokens.
#[derive(Debug)]
pub struct Backup {
    /// The copy, from its beginning. It has no name, and is gone when it is closed.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256.
    pub digest: Digest,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Held while the copy takes room on the disk.
    pub turn: BackupTurn,
}

/// Keeps other backups from being taken meanwhile.
#[derive(Debug)]
pub struct BackupTurn(#[expect(dead_code, reason = "it is held, not looked at")] OwnedMutexGuard<()>);

/// One backup at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backups(Arc<Mutex<()>>);

impl Service {
    /// Copies everything, consistently, while the server goes on.
    pub async fn backup(&self, by: &Principal) -> ServiceResult<Backup> {
        authorize(by, Role::Administrator)?;
        let turn = Arc::clone(&self.backups.0).try_lock_owned().map_err(|_| {
            Conflict::new(
                ConflictKind::BackupInProgress,
                "another backup is being taken; each needs as much room as the database, so they take turns",
            )
        })?;
        let taken_at = self.now();
        let snapshot = self.store.snapshot(taken_at).await?.ok_or_else(|| {
            Conflict::new(
                ConflictKind::BackupElsewhere,
                "the database is a server of its own: back it up with its own tools, like pg_dump",
            )
        })?;
        let bytes = snapshot.bytes;
        let hashed = tokio::task::spawn_blocking(move || hash(snapshot.file)).await;
        let failed = |error: &dyn std::fmt::Display| ServiceError::Unavailable(format!("the copy: {error}"));
        let (file, digest) = hashed
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))?;
        let change = Change::made(serde_json::json!({ "bytes": bytes, "sha256": digest.to_string() }));
        self.audit(by, "backup.create", "database".into(), change).await;
        Ok(Backup {
            file,
            bytes,
            digest,
            taken_at,
            turn: BackupTurn(turn),
        })
    }
}

/// The file's SHA-256, and the file at its beginning again.
fn hash(mut file: File) -> std::io::Result<(File, Digest)> {
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash)?;
    file.rewind()?;
    Ok((file, Digest(hash.finalize().into())))
}
