//! One hash over everything that a component is made from.

use super::sample::Sample;
use crate::repo;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The hash over a guest's sources.
pub(crate) fn hash(sample: &Sample) -> Result<String> {
    let mut files = Vec::new();
    for path in &sample.sources {
        if path.is_dir() {
            collect(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    hash_of(repo::root(), files)
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
