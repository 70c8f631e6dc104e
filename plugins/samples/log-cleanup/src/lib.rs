//! `LogCleanupHandler`: deletes, or only lists, old files below a granted directory.

use guest_files::{Entry, matches, walk};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use wasmtab_sdk::prelude::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The result names no more files than this; it always counts all.
const NAMED: usize = 100;

/// What is cleaned up.
#[param]
#[serde(default)]
struct Cleanup {
    /// Where.
    directory: String,
    /// Files whose names match, with `*` and `?`.
    pattern: String,
    /// Files last written longer ago than this.
    older_than_days: f64,
    /// Files of at least this size.
    min_bytes: u64,
    /// The newest matching files that stay, whatever their age.
    keep_newest: usize,
    /// Whether directories below count too.
    recursive: bool,
    /// Only say what would be deleted.
    dry_run: bool,
}

impl Default for Cleanup {
    fn default() -> Self {
        Self {
            directory: "/logs".to_owned(),
            pattern: "*.log*".to_owned(),
            older_than_days: 30.0,
            min_bytes: 0,
            keep_newest: 0,
            recursive: true,
            dry_run: false,
        }
    }
}

/// Deletes or lists old files under a directory
#[handler(name = "LogCleanupHandler")]
fn log_cleanup(param: Cleanup) -> Result<Value, Failure> {
    clean(&param, SystemTime::now())
}

fn clean(param: &Cleanup, now: SystemTime) -> Result<Value, Failure> {
    let age = Duration::try_from_secs_f64(param.older_than_days * DAY.as_secs_f64())
        .or_give_up(|| format!("olderThanDays {}", param.older_than_days))?;
    let listing = walk(Path::new(&param.directory), param.recursive, &[]).or_give_up(|| "directory")?;
    let seen = listing.files.len();
    let old = select(
        param,
        listing.files,
        now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH),
    );

    let mut done = Vec::new();
    let mut failed = Vec::new();
    for (index, file) in old.iter().enumerate() {
        if param.dry_run {
            info!("would delete {} ({} bytes)", file.relative, file.bytes);
            done.push(file);
            continue;
        }
        match fs::remove_file(&file.path) {
            Ok(()) => {
                debug!("deleted {} ({} bytes)", file.relative, file.bytes);
                done.push(file);
            }
            Err(error) => {
                error!("{}: {error}", file.relative);
                failed.push(format!("{}: {error}", file.relative));
            }
        }
        progress::report(index as u64 + 1, old.len() as u64, &file.relative);
    }
    let bytes: u64 = done.iter().map(|file| file.bytes).sum();
    info!(
        "{} of {seen} files, {bytes} bytes{}",
        done.len(),
        if param.dry_run { " (dry run)" } else { "" }
    );
    if let Some(first) = failed.first() {
        fail!(
            "{} of {} files were not deleted; the first: {first}",
            failed.len(),
            old.len()
        );
    }
    Ok(json!({
        "directory": param.directory,
        "dryRun": param.dry_run,
        "files": done.len(),
        "bytes": bytes,
        "kept": seen - done.len(),
        "names": done.iter().take(NAMED).map(|file| &file.relative).collect::<Vec<_>>(),
    }))
}

/// The files to delete, oldest first. A file without a time stays: its age is not known.
fn select(param: &Cleanup, files: Vec<Entry>, before: SystemTime) -> Vec<Entry> {
    let name = |file: &Entry| {
        file.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let mut matching: Vec<Entry> = files
        .into_iter()
        .filter(|file| matches(&param.pattern, &name(file)))
        .collect();
    matching.sort_by_key(|file| file.modified);
    let removable = matching.len().saturating_sub(param.keep_newest);
    matching.truncate(removable);
    matching.retain(|file| {
        file.bytes >= param.min_bytes && file.modified.is_some_and(|modified| modified < before)
    });
    matching
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use tempfile::TempDir;

    /// Now, for the tests: far from any clock.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * 20_000
    }

    fn logs(ages: &[(&str, u32)]) -> (TempDir, Cleanup) {
        let dir = tempfile::tempdir().unwrap();
        for (name, days) in ages {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "line\n").unwrap();
            File::options()
                .append(true)
                .open(&path)
                .unwrap()
                .set_modified(now() - DAY * *days)
                .unwrap();
        }
        let param = Cleanup {
            directory: dir.path().to_str().unwrap().to_owned(),
            ..Cleanup::default()
        };
        (dir, param)
    }

    #[test]
    fn only_old_logs_go() {
        let (dir, param) = logs(&[
            ("old.log", 40),
            ("sub/old.log.1", 31),
            ("new.log", 2),
            ("old.txt", 99),
        ]);
        let result = clean(&param, now()).unwrap();
        assert_eq!(result["names"], json!(["old.log", "sub/old.log.1"]));
        assert_eq!(
            (&result["files"], &result["bytes"], &result["kept"]),
            (&json!(2), &json!(10), &json!(2))
        );
        assert!(!dir.path().join("old.log").exists());
        assert!(dir.path().join("new.log").exists() && dir.path().join("old.txt").exists());
    }

    #[test]
    fn a_dry_run_deletes_nothing_and_says_the_same() {
        let (dir, param) = logs(&[("old.log", 40)]);
        let result = clean(
            &Cleanup {
                dry_run: true,
                ..param
            },
            now(),
        )
        .unwrap();
        assert_eq!(result["names"], json!(["old.log"]));
        assert!(dir.path().join("old.log").exists());
    }

    #[test]
    fn the_newest_and_the_small_stay_where_asked() {
        let (_dir, param) = logs(&[("a.log", 40), ("b.log", 50), ("c.log", 60)]);
        let result = clean(
            &Cleanup {
                keep_newest: 2,
                dry_run: true,
                ..param
            },
            now(),
        )
        .unwrap();
        assert_eq!(result["names"], json!(["c.log"]));
        let (_dir, param) = logs(&[("a.log", 40)]);
        assert_eq!(
            clean(
                &Cleanup {
                    min_bytes: 6,
                    ..param
                },
                now()
            )
            .unwrap()["files"],
            0
        );
    }

    #[test]
    fn a_missing_directory_or_a_negative_age_ends_the_run() {
        let param = Cleanup {
            directory: "/no/such/place".to_owned(),
            ..Cleanup::default()
        };
        assert!(clean(&param, now()).unwrap_err().is_permanent());
        let (_dir, param) = logs(&[]);
        assert!(
            clean(
                &Cleanup {
                    older_than_days: -1.0,
                    ..param
                },
                now()
            )
            .unwrap_err()
            .is_permanent()
        );
    }
}
