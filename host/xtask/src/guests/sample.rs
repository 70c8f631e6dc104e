//! A guest that is built, and the sample handlers among them, as they stand under `plugins/samples`.

use crate::repo;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// What the manifest says about how the hash over a sample's sources is taken.
pub(crate) const RULE: &str = "SHA-256 over plugins/Cargo.toml, plugins/Cargo.lock, plugins/sdk, plugins/files, plugins/samples/<name> and \
    wit/job-1.0.0: all files in byte order of their paths from the root, each as path, NUL, length in decimal, NUL, content";

/// One guest: a sample handler's crate, or a hostile guest.
pub(crate) struct Sample {
    /// The folder's and the crate's name, or the file's.
    pub(crate) name: String,
    /// What `#[handler(name = "…")]` says; empty where it does not matter.
    pub(crate) handler_name: String,
    /// The files and folders that it is made from.
    pub(crate) sources: Vec<PathBuf>,
}

impl Sample {
    /// The component's file name.
    pub(crate) fn file(&self) -> String {
        format!("{}.wasm", self.name)
    }

    /// The file name that cargo gives to what it builds.
    pub(crate) fn output(&self) -> String {
        format!("{}.wasm", self.name.replace('-', "_"))
    }
}

/// All samples, by name.
pub(crate) fn all() -> Result<Vec<Sample>> {
    let dir = repo::root().join("plugins/samples");
    let mut samples = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", repo::shown(&dir)))? {
        let dir = entry?.path();
        let Some(name) = dir.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
            continue;
        };
        let source = dir.join("src/lib.rs");
        if !source.exists() {
            continue;
        }
        let text = fs::read_to_string(&source)?;
        let handler_name = handler_name_in(&text)
            .with_context(|| format!("{}: no `#[handler(name = \"…\")]`", repo::shown(&source)))?;
        let mut sources: Vec<PathBuf> = [
            "plugins/Cargo.toml",
            "plugins/Cargo.lock",
            "plugins/sdk",
            "wit/job-1.0.0",
        ]
        .iter()
        .map(|path| repo::root().join(path))
        .collect();
        sources.push(dir);
        samples.push(Sample {
            name,
            handler_name,
            sources,
        });
    }
    samples.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(samples)
}

fn handler_name_in(source: &str) -> Option<String> {
    let (_, rest) = source.split_once("#[handler(name = \"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_names_the_handler() {
        let source = "/// Doc\n#[handler(name = \"EchoHandler\")]\nfn echo() {}";
        assert_eq!(handler_name_in(source).as_deref(), Some("EchoHandler"));
        assert_eq!(handler_name_in("fn echo() {}"), None);
    }
}
