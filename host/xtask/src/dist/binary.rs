//! The binary that is handed out.

use crate::repo;
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it with all optimisations.
pub(crate) fn build() -> Result<PathBuf> {
    let mut build = repo::cargo(repo::root());
    repo::run(build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "wasmtab",
        "--bin",
        "wasmtab",
    ]))?;
    Ok(repo::target().join("release/wasmtab"))
}

/// The one that is given, else one that is built.
pub(crate) fn given_or_built(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(binary) => binary
            .canonicalize()
            .with_context(|| format!("{} is not there", binary.display())),
        None => build(),
    }
}

/// A copy without symbols: they are three quarters of it, and guests' backtraces do not come from them.
pub(crate) fn stripped(binary: &Path, to: &Path) -> Result<()> {
    repo::run(Command::new("strip").arg("-o").arg(to).arg(binary))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
