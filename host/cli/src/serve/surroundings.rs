//! The machine, as the check-up looks at it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::{
    fs::statvfs,
    process::{Resource, getrlimit},
};
use wasmtab_service::{Seen, Surroundings};

/// Where the data of a server is, and how it is run.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// The data directory.
    pub(crate) data_dir: PathBuf,
    /// The database; none where it is not a file.
    pub(crate) database: Option<PathBuf>,
    /// Attempts that go on at once.
    pub(crate) concurrency: u32,
    /// Whether the process plans and executes.
    pub(crate) serving: bool,
}

impl Surroundings for Machine {
    fn look(&self) -> Seen {
        let beside = match self.database.as_deref().map(Path::parent) {
            None => self.data_dir.clone(),
            Some(Some(parent)) if !parent.as_os_str().is_empty() => parent.to_owned(),
            Some(_) => PathBuf::from("."),
        };
        let mut directories = vec![self.data_dir.clone()];
        // It is made when the server starts.
        directories.extend(Some(self.data_dir.join("compiled")).filter(|compiled| compiled.exists()));
        if beside != self.data_dir {
            directories.push(beside.clone());
        }
        Seen {
            data_dir: beside.display().to_string(),
            free: statvfs(&beside)
                .ok()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            directories: directories
                .iter()
                .map(|path| (path.display().to_string(), refusal(path)))
                .collect(),
            descriptors: getrlimit(Resource::Nofile).current,
            concurrency: self.concurrency,
            copies: self
                .database
                .as_deref()
                .map_or_else(Vec::new, |database| copies(database, &beside)),
            serving: self.serving,
        }
    }
}

/// Why nothing can be written there.
fn refusal(directory: &Path) -> Option<String> {
    // A file without a name: it is gone with its handle.
    tempfile::tempfile_in(directory)
        .err()
        .map(|error| error.to_string())
}

/// Copies of the database from before its schema changed.
fn copies(database: &Path, beside: &Path) -> Vec<(String, u64)> {
    let Some(name) = database.file_name() else {
        return Vec::new();
    };
    let prefix = format!("{}.before-", name.to_string_lossy());
    let entries = fs::read_dir(beside).into_iter().flatten().flatten();
    let mut copies: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| {
            let bytes = entry.metadata().map_or(0, |meta| meta.len());
            (entry.path().display().to_string(), bytes)
        })
        .collect();
    copies.sort();
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_written_and_what_lies_around_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("wasmtab.db");
        for (name, content) in [
            ("wasmtab.db", "x"),
            ("wasmtab.db.before-2", "copy"),
            ("other.db.before-2", ""),
        ] {
            fs::write(directory.path().join(name), content).unwrap();
        }
        let machine = Machine {
            data_dir: directory.path().to_owned(),
            database: Some(database),
            concurrency: 1,
            serving: false,
        };
        let seen = machine.look();
        assert!(seen.free.unwrap() > 0);
        assert_eq!(seen.directories.len(), 1);
        assert_eq!(seen.directories[0].1, None);
        assert_eq!(seen.copies.len(), 1);
        assert!(seen.copies[0].0.ends_with("wasmtab.db.before-2"));
        assert_eq!(seen.copies[0].1, 4);
    }
}
