//! What the host and its compile child say to each other.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasmtab_domain::digest::Digest;

use wasmtab_upload::{Inspection, UploadError};

/// The first line of the child's stdin. The pipe stays open for as long as the host wants the answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The original.
    pub(crate) input: PathBuf,
    /// Where the compiled code goes.
    pub(crate) output: PathBuf,
    /// Where the answer goes.
    pub(crate) answer: PathBuf,
    pub(crate) digest: Digest,
    pub(crate) upload: usize,
    pub(crate) address_space: u64,
    pub(crate) cpu_seconds: u64,
    /// Bytes of linear memory that any attempt of the host may have.
    pub(crate) max_memory: u64,
}

/// What the child found out, also kept beside the compiled code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compiled {
    pub(crate) inspection: Inspection,
    /// SHA-256 of the compiled code. The file is mapped and run, so that it is whole must be certain.
    pub(crate) code: Digest,
    /// The compiler's compatibility hash.
    pub(crate) compatibility: String,
}

pub(crate) type Answer = Result<Compiled, UploadError>;

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// Writes a file so that it is there whole or not at all, also after a power cut.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
