//! The sample handlers, as they stand under `plugins/samples`.

use crate::repo;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// One sample handler's crate.
pub(crate) struct Sample {
    /// The folder's and the crate's name.
    pub(crate) name: String,
    /// What `#[handler(name = "…")]` says.
    pub(crate) handler_name: String,
    /// The crate's folder.
    pub(crate) dir: PathBuf,
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
        samples.push(Sample {
            name,
            handler_name,
            dir,
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
