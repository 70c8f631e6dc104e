//! The files below a directory, in a stable order.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A regular file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the directory that was walked, with `/` between the parts.
    pub relative: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written; none where the file system does not say.
    pub modified: Option<SystemTime>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Listing {
    /// The regular files, by path.
    pub files: Vec<Entry>,
    /// The directories below, by path: parents before children.
    pub directories: Vec<String>,
    /// What is neither: links are not followed, so that a walk stays below where it began and ends.
    pub others: Vec<String>,
}

/// Lists what is below `root`, leaving out the directories that `skip` names.
///
/// A file that vanishes meanwhile is left out; a directory that cannot be read is an error that names it.
pub fn walk(root: &Path, recursive: bool, skip: &[&Path]) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut waiting = VecDeque::from([(root.to_path_buf(), String::new())]);
    while let Some((dir, prefix)) = waiting.pop_front() {
        let entries = fs::read_dir(&dir).map_err(|error| named(&dir, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| named(&dir, &error))?;
            let path = entry.path();
            let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                if recursive && !skip.contains(&path.as_path()) {
                    waiting.push_back((path, format!("{relative}/")));
                    listing.directories.push(relative);
                }
            } else if metadata.is_file() {
                let modified = metadata.modified().ok();
                listing.files.push(Entry {
                    path,
                    relative,
                    bytes: metadata.len(),
                    modified,
                });
            } else {
                listing.others.push(relative);
            }
        }
    }
    listing
        .files
        .sort_by(|left, right| left.relative.cmp(&right.relative));
    listing.directories.sort();
    listing.others.sort();
    Ok(listing)
}

fn named(dir: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_by_path_and_skipped_directories_stay_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        fs::create_dir(root.join("out")).unwrap();
        for file in ["b/c/2.txt", "b/1.txt", "a.txt", "out/x.txt"] {
            fs::write(root.join(file), "12").unwrap();
        }
        let names = |listing: &Listing| -> Vec<String> {
            listing.files.iter().map(|file| file.relative.clone()).collect()
        };
        let listing = walk(root, true, &[&root.join("out")]).unwrap();
        assert_eq!(names(&listing), ["a.txt", "b/1.txt", "b/c/2.txt"]);
        assert_eq!(listing.directories, ["b", "b/c"]);
        assert_eq!(listing.files[0].bytes, 2);
        assert_eq!(names(&walk(root, false, &[]).unwrap()), ["a.txt"]);
    }

    #[test]
    fn a_directory_that_is_missing_is_named() {
        let error = walk(Path::new("/no/such/place"), true, &[]).unwrap_err();
        assert!(error.to_string().starts_with("/no/such/place: "), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
        let listing = walk(dir.path(), true, &[]).unwrap();
        assert_eq!(listing.others, ["loop"]);
    }
}
