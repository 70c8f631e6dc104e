//! One hash over everything that a component is made from.

use super::sample::Sample;
use crate::repo;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What the manifest says about how the hash is taken.
pub(crate) const RULE: &str = "SHA-256 over plugins/Cargo.toml, plugins/Cargo.lock, plugins/sdk, plugins/files, plugins/samples/<name> and \
    wit/job-1.0.0: all files in byte order of their paths from the root, each as path, NUL, length in decimal, NUL, content";

/// The hash over a sample's sources.
pub(crate) fn hash(sample: &Sample) -> Result<String> {
    let root = repo::root();
    let mut files = vec![root.join("plugins/Cargo.toml"), root.join("plugins/Cargo.lock")];
    for dir in [
        root.join("plugins/sdk"),
        sample.dir.clone(),
        root.join("wit/job-1.0.0"),
    ] {
        collect(&dir, &mut files)?;
    }
    hash_of(root, files)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// All files below a directory, without build outputs and hidden ones.
pub(crate) fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", repo::shown(dir)))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn hash_of(root: &Path, files: Vec<PathBuf>) -> Result<String> {
    let mut named: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|path| {
            let shown = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            (shown, path)
        })
        .collect();
    named.sort();
    let mut hash = Sha256::new();
    for (name, path) in named {
        let content = fs::read(&path).with_context(|| format!("cannot read {name}"))?;
        hash.update(format!("{name}\0{}\0", content.len()));
        hash.update(&content);
    }
    Ok(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_depends_on_names_and_contents_but_not_on_the_order_given() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        let hash = |files: Vec<PathBuf>| hash_of(dir.path(), files).unwrap();
        let before = hash(vec![one.clone(), two.clone()]);
        assert_eq!(before, hash(vec![two.clone(), one.clone()]));
        fs::write(&two, "3").unwrap();
        assert_ne!(before, hash(vec![one.clone(), two]));
        assert_ne!(before, hash(vec![one]));
    }

    #[test]
    fn build_outputs_and_hidden_files_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("target")).unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        for file in ["target/x", ".hidden", "src/lib.rs"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let mut files = Vec::new();
        collect(dir.path(), &mut files).unwrap();
        assert_eq!(files, [dir.path().join("src/lib.rs")]);
    }
}
