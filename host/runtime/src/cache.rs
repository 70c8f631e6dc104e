//! Compiled code on disk, by digest and compatibility hash.
//!
//! Beside each `<digest>.cwasm` lies `<digest>.json` with what was found out and the code's own SHA-256. A file that is missing, cut, changed
//! or of another version is compiled again. Files are only ever replaced by renaming: those in use are mapped.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use wasmtab_domain::digest::Digest;
use wasmtime::{Engine, component::Component};

use crate::compile::{Compiled, sha256, write_whole};

/// The directory of one engine's compiled code.
#[derive(Debug)]
pub(crate) struct DiskCache {
    directory: PathBuf,
    scratch: PathBuf,
    compatibility: String,
}

impl DiskCache {
    pub(crate) fn open(directory: &Path, compatibility: String) -> io::Result<Self> {
        let code = directory.join(format!("wasmtime-{compatibility}"));
        let scratch = directory.join("scratch");
        fs::create_dir_all(&code)?;
        fs::create_dir_all(&scratch)?;
        for directory in [directory, &code, &scratch] {
            only_for_us(directory)?;
        }
        Ok(Self {
            directory: code,
            scratch,
            compatibility,
        })
    }

    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Where the compiled code of `digest` lies.
    pub(crate) fn code(&self, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{digest}.cwasm"))
    }

    fn facts(&self, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{digest}.json"))
    }

    /// Keeps what was found out while compiling.
    pub(crate) fn keep(&self, compiled: &Compiled) -> io::Result<()> {
        write_whole(
            &self.facts(&compiled.inspection.digest),
            &serde_json::to_vec(compiled)?,
        )
    }

    /// What is known about a digest whose code is here.
    pub(crate) fn known(&self, digest: &Digest) -> Option<Compiled> {
        let facts = fs::read(self.facts(digest)).ok()?;
        let compiled: Compiled = serde_json::from_slice(&facts).ok()?;
        let fits = compiled.inspection.digest == *digest && compiled.compatibility == self.compatibility;
        (fits && self.code(digest).is_file()).then_some(compiled)
    }

    /// Loads compiled code, or says why it must be compiled again.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Result<(Compiled, Component), Miss> {
        let compiled = self.known(digest).ok_or(Miss::Absent)?;
        let path = self.code(digest);
        if !fs::read(&path).is_ok_and(|code| sha256(&code) == compiled.code) {
            return Err(Miss::Unfit("it was damaged".into()));
        }
        #[expect(
            unsafe_code,
            reason = "compiled code is trusted by its origin: only this host writes the directory"
        )]
        // SAFETY: the file was written by this host's own compile child, into a directory that no one else may write, is
        // only ever replaced by renaming, and its hash was just compared.
        let loaded = unsafe { Component::deserialize_file(engine, &path) };
        match loaded {
            Ok(component) => Ok((compiled, component)),
            Err(error) => Err(Miss::Unfit(format!("{error:#}"))),
        }
    }
}

/// Why compiled code was not loaded.
#[derive(Debug)]
pub(crate) enum Miss {
    /// It is not there.
    Absent,
    /// It is there and of no use.
    Unfit(String),
}

#[cfg(unix)]
fn only_for_us(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn only_for_us(_: &Path) -> io::Result<()> {
    Ok(())
}
