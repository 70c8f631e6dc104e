//! The directory that a demo lives in, and what its handlers find there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::exit::Failure;

/// Gone, with everything in it, when this is dropped.
pub(super) struct Scratch(TempDir);

/// A little to back up, to report on and to clean up.
const FILES: [(&str, &str); 5] = [
    (
        "files/orders/2026-11.csv",
        "order,amount\n1,19.90\n2,5.00\n3,240.00\n",
    ),
    ("files/orders/2026-12.csv", "order,amount\n4,12.50\n"),
    (
        "files/customers.json",
        "[{\"name\": \"Ada\"}, {\"name\": \"Grace\"}]\n",
    ),
    ("logs/app.log", "started\n"),
    ("logs/app.log.1", "started\nstopped\n"),
];

impl Scratch {
    /// Makes it.
    pub(super) fn new() -> Result<Self, Failure> {
        let dir = tempfile::Builder::new().prefix("wasmtab-demo-").tempdir();
        let dir = dir.map_err(|error| Failure::own(format!("no scratch directory: {error}")))?;
        fill(dir.path())
            .map_err(|error| Failure::own(format!("the scratch directory cannot be filled: {error}")))?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The server's data directory.
    pub(super) fn data_dir(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The grant of one of its directories.
    pub(super) fn grant(&self, dir: &str, guest: &str, access: &str) -> String {
        format!("dir={}:{guest}:{access}", self.0.path().join(dir).display())
    }
}

fn fill(dir: &Path) -> io::Result<()> {
    for (file, content) in FILES {
        let path = dir.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    for empty in ["backup", "reports", "sync"] {
        fs::create_dir(dir.join(empty))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scratch_directory_goes_with_its_demo() {
        let scratch = Scratch::new().unwrap();
        let dir = scratch.path().to_owned();
        assert!(dir.join("files/customers.json").is_file());
        assert!(
            scratch
                .grant("files", "/data", "ro")
                .parse::<wasmtab_domain::grant::Grant>()
                .is_ok()
        );
        drop(scratch);
        assert!(!dir.exists());
    }
}
