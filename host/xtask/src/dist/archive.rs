//! Packing: the same content is the same archive, byte for byte.
//!
//! GNU tar and gzip do it, which every system that builds this has; the crates for it would change the features of what the sandbox
//! is built of.

use crate::repo;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packs a directory under its own name into `out`.
pub(crate) fn pack(directory: &Path, out: &Path) -> Result<PathBuf> {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else {
        bail!("{} has no name to be packed under", directory.display());
    };
    let archive = out.join(format!("{}.tar.gz", name.to_string_lossy()));
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--format=ustar"])
        // Neither a name nor a time of its own goes into the compressed stream.
        .arg("--use-compress-program=gzip -n")
        .args([
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--mode=u+rwX,go+rX,go-w",
        ])
        .arg(format!("--mtime=@{}", date()))
        .arg("--file")
        .arg(&archive)
        .arg("--directory")
        .arg(parent)
        .arg(name);
    repo::run(&mut tar)?;
    Ok(archive)
}

/// Seconds since 1970 that every file is dated by: what packagers set, else the commit's own date.
fn date() -> String {
    std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .or_else(|| repo::output_of("git", &["log", "-1", "--format=%ct"]))
        .filter(|date| !date.is_empty() && date.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_else(|| "0".into())
}

/// Writes the archive's SHA-256 beside it, as `sha256sum --check` takes it.
pub(crate) fn checksum(archive: &Path) -> Result<PathBuf> {
    let bytes = fs::read(archive).with_context(|| format!("cannot read {}", archive.display()))?;
    let name = archive
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let sum = archive.with_file_name(format!("{name}.sha256"));
    fs::write(&sum, format!("{}  {name}\n", hex::encode(Sha256::digest(bytes))))?;
    Ok(sum)
}

/// Does with the archive what whoever gets it does first.
pub(crate) fn try_out(archive: &Path, sum: &Path, name: &str) -> Result<()> {
    let beside = archive.parent().unwrap_or(Path::new("."));
    let mut check = Command::new("sha256sum");
    repo::run(check.arg("--check").arg("--quiet").arg(sum).current_dir(beside))?;
    let scratch = tempfile::tempdir()?;
    let mut tar = Command::new("tar");
    repo::run(
        tar.arg("--extract")
            .arg("--file")
            .arg(archive)
            .arg("--directory")
            .arg(scratch.path()),
    )?;
    let program = scratch.path().join(name).join("wasmtab");
    let version = repo::output_of(&program, &["--version"])
        .with_context(|| format!("{} does not run", program.display()))?;
    let expected = format!("wasmtab {}", env!("CARGO_PKG_VERSION"));
    if version != expected {
        bail!("it says `{version}`, not `{expected}`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(directory: &Path) {
        fs::create_dir_all(directory.join("b")).unwrap();
        fs::write(directory.join("b/two"), "2").unwrap();
        fs::write(directory.join("a"), "1").unwrap();
    }

    #[test]
    fn the_same_content_is_the_same_archive() {
        let scratch = tempfile::tempdir().unwrap();
        let mut archives = Vec::new();
        for place in ["first", "second"] {
            let directory = scratch.path().join(place).join("thing-1");
            content(&directory);
            let archive = pack(&directory, &scratch.path().join(place)).unwrap();
            archives.push(fs::read(archive).unwrap());
        }
        assert!(archives[0] == archives[1]);
        let archive = scratch.path().join("first/thing-1.tar.gz");
        let listed = repo::output_of("tar", &["--list", "--file", &archive.display().to_string()]).unwrap();
        assert_eq!(listed, "thing-1/\nthing-1/a\nthing-1/b/\nthing-1/b/two");
    }

    #[test]
    fn the_checksum_is_what_sha256sum_checks() {
        let scratch = tempfile::tempdir().unwrap();
        let archive = scratch.path().join("thing-1.tar.gz");
        fs::write(&archive, "not really").unwrap();
        let sum = checksum(&archive).unwrap();
        let mut check = Command::new("sha256sum");
        repo::run(
            check
                .arg("--check")
                .arg("--quiet")
                .arg(&sum)
                .current_dir(scratch.path()),
        )
        .unwrap();
        fs::write(&archive, "another").unwrap();
        let mut check = Command::new("sha256sum");
        assert!(
            repo::run(
                check
                    .arg("--check")
                    .arg("--status")
                    .arg(sum)
                    .current_dir(scratch.path())
            )
            .is_err()
        );
    }
}
