//! Finding a server's programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow};

/// What a server needs, and who has it.
#[derive(Debug)]
pub(crate) struct Programs<const N: usize> {
    /// For messages.
    pub(crate) title: &'static str,
    /// All of them lie in one directory, except where `PATH` has them.
    pub(crate) names: [&'static str; N],
    /// Directories to look into beside `PATH`; of those below a `*` the last one counts.
    pub(crate) directories: &'static [&'static str],
    /// Debian's packages.
    pub(crate) packages: &'static [&'static str],
}

impl<const N: usize> Programs<N> {
    /// The programs' paths, in the order of their names.
    pub(crate) fn find(&self) -> Result<[PathBuf; N]> {
        let directories = self.candidates();
        let find = |name: &str| {
            directories
                .iter()
                .map(|dir| dir.join(name))
                .find(|path| path.is_file())
        };
        let found: Vec<_> = self.names.iter().filter_map(|name| find(name)).collect();
        found.try_into().map_err(|_| {
            anyhow!(
                "{} is missing ({}): on Debian, `apt-get install --no-install-recommends {}` as root",
                self.title,
                self.names.join(", "),
                self.packages.join(" ")
            )
        })
    }

    /// The packages that have to be installed first.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        if self.find().is_ok() {
            Vec::new()
        } else {
            self.packages.to_vec()
        }
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let mut candidates: Vec<PathBuf> = env::var_os("PATH")
            .map(|path| env::split_paths(&path).collect())
            .unwrap_or_default();
        for directory in self.directories {
            match directory.split_once("/*") {
                Some((parent, rest)) => {
                    let mut versions = versions(Path::new(parent));
                    versions.sort_unstable();
                    let rest = rest.trim_start_matches('/');
                    candidates.extend(versions.into_iter().rev().map(|(_, version)| version.join(rest)));
                }
                None => candidates.push(directory.into()),
            }
        }
        candidates
    }
}

/// The folders of `parent` that are named by a number, with that number.
fn versions(parent: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect()
}
