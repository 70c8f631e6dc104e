//! `DataBackupHandler`: copies a granted directory to a dated folder, verifies the copy and prunes old ones.

mod copy;
mod prune;

use guest_files::walk;
use std::fs;
use std::path::Path;
use wasmtab_sdk::prelude::*;

/// What is backed up, where to, and how long it is kept.
#[param]
#[serde(default)]
struct Backup {
    /// What is copied.
    source: String,
    /// Where the dated folders are made.
    target: String,
    /// What the folders' names begin with.
    prefix: String,
    /// How many backups stay, the new one counted; 0 for all.
    keep_count: usize,
    /// How many days a backup stays; none for ever.
    keep_days: Option<u32>,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            source: "/data".to_owned(),
            target: "/backup".to_owned(),
            prefix: "backup".to_owned(),
            keep_count: 7,
            keep_days: None,
        }
    }
}

/// Copies a directory to a dated folder, verifies it and prunes old ones
#[handler(name = "DataBackupHandler")]
fn data_backup(ctx: &Context, param: Backup) -> Result<Value, Failure> {
    let name = param.prefix.as_str();
    ensure!(
        !name.is_empty() && !name.contains(['/', '\\']),
        permanent,
        "prefix {name:?} is no part of a file name"
    );
    let (source, target) = (Path::new(&param.source), Path::new(&param.target));
    let listing = walk(source, true, &[target]).or_give_up(|| "source")?;
    for other in &listing.others {
        warn!("{other} is left out: it is neither a file nor a directory");
    }

    // The planned instant names the folder, so that a retry makes the same one.
    let name = format!("{}-{}", param.prefix, ctx.scheduled_stamp());
    let finished = target.join(&name);
    let mut copied = copy::Copied::default();
    if finished.exists() {
        info!("{name} is there already: an earlier attempt made it");
    } else {
        // Under its own name only once it is complete and verified.
        let partial = target.join(format!(".{name}.partial"));
        if partial.exists() {
            fs::remove_dir_all(&partial)
                .or_retry(|| format!("cannot remove the rest of an earlier attempt, {name}"))?;
        }
        fs::create_dir(&partial).or_give_up(|| format!("target {}", param.target))?;
        copied = copy::all(&listing, &partial)?;
        fs::rename(&partial, &finished).or_retry(|| format!("cannot finish {name}"))?;
        info!(
            "{} files, {} bytes in {name}, verified",
            copied.files, copied.bytes
        );
    }
    let pruned = prune::old(target, &param.prefix, &name, param.keep_count, param.keep_days)?;
    Ok(json!({
        "backup": finished.to_string_lossy(),
        "files": copied.files,
        "bytes": copied.bytes,
        "leftOut": listing.others.len(),
        "pruned": pruned,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;
    use wasmtab_sdk::{Param, testing};

    fn place() -> (TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("data/sub")).unwrap();
        fs::create_dir(dir.path().join("backup")).unwrap();
        fs::write(dir.path().join("data/a.txt"), "alpha").unwrap();
        fs::write(dir.path().join("data/sub/b.txt"), "beta").unwrap();
        let param = json!({
            "source": dir.path().join("data"),
            "target": dir.path().join("backup"),
            "keepCount": 2,
        });
        (dir, param.to_string())
    }

    fn run(scheduled_at: &str, param: &str) -> Result<Value, Failure> {
        let ctx = Context {
            scheduled_at: scheduled_at.to_owned(),
            ..testing::context()
        };
        data_backup(&ctx, Backup::parse(param)?)
    }

    #[test]
    fn a_backup_holds_every_file_under_the_planned_date() {
        let (dir, param) = place();
        let result = run("2026-01-05T02:00:00+08:00", &param).unwrap();
        let backup = dir.path().join("backup/backup-2026-01-05T02-00-00");
        assert_eq!(fs::read_to_string(backup.join("sub/b.txt")).unwrap(), "beta");
        assert_eq!((&result["files"], &result["bytes"]), (&json!(2), &json!(9)));
        assert_eq!(
            fs::read_dir(dir.path().join("backup")).unwrap().count(),
            1,
            "nothing partial stays"
        );
    }

    #[test]
    fn old_backups_beyond_the_count_go() {
        let (_dir, param) = place();
        for day in 1..=2 {
            run(&format!("2026-01-0{day}T02:00:00Z"), &param).unwrap();
        }
        let result = run("2026-01-03T02:00:00Z", &param).unwrap();
        assert_eq!(result["pruned"], json!(["backup-2026-01-01T02-00-00"]));
    }

    #[test]
    fn a_repeated_attempt_finds_the_backup_there() {
        let (dir, param) = place();
        run("2026-01-01T02:00:00Z", &param).unwrap();
        let result = run("2026-01-01T02:00:00Z", &param).unwrap();
        assert_eq!(result["files"], 0);
        assert_eq!(fs::read_dir(dir.path().join("backup")).unwrap().count(), 1);
    }

    #[test]
    fn the_rest_of_a_broken_attempt_is_replaced() {
        let (dir, param) = place();
        let rest = dir.path().join("backup/.backup-2026-01-01T02-00-00.partial");
        fs::create_dir(&rest).unwrap();
        fs::write(rest.join("half"), "x").unwrap();
        run("2026-01-01T02:00:00Z", &param).unwrap();
        assert!(!dir.path().join("backup/backup-2026-01-01T02-00-00/half").exists());
    }

    #[test]
    fn a_target_below_the_source_is_not_copied_into_itself() {
        let (dir, _) = place();
        fs::create_dir(dir.path().join("data/out")).unwrap();
        let param =
            json!({"source": dir.path().join("data"), "target": dir.path().join("data/out")}).to_string();
        run("2026-01-01T02:00:00Z", &param).unwrap();
        assert_eq!(run("2026-01-02T02:00:00Z", &param).unwrap()["files"], 2);
    }

    #[test]
    fn a_missing_source_ends_the_run() {
        assert!(
            run("2026-01-01T02:00:00Z", r#"{"source":"/no/such/place"}"#)
                .unwrap_err()
                .is_permanent()
        );
    }
}
