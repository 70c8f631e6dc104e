//! Which backups go.

use std::fs;
use std::path::Path;
use std::time::Duration;
use wasmtab_sdk::prelude::*;
use wasmtab_sdk::time::parse_rfc3339;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Removes old backups; their names. Only folders that this handler could have made are looked at.
pub(crate) fn old(
    target: &Path,
    prefix: &str,
    newest: &str,
    keep_count: usize,
    keep_days: Option<u32>,
) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(target).or_retry(|| "cannot list the backups")? {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let chosen = choose(names, prefix, newest, keep_count, keep_days);
    for name in &chosen {
        fs::remove_dir_all(target.join(name)).or_retry(|| format!("cannot remove the old backup {name}"))?;
        info!("removed the old backup {name}");
    }
    Ok(chosen)
}

fn choose(
    names: Vec<String>,
    prefix: &str,
    newest: &str,
    keep_count: usize,
    keep_days: Option<u32>,
) -> Vec<String> {
    let since = |stamp: &str| keep_days.and_then(|days| stamped(stamp)?.checked_sub(DAY * days));
    let oldest_kept = stamp_of(newest, prefix).and_then(since);
    let mut backups: Vec<(String, std::time::SystemTime)> = names
        .into_iter()
        .filter_map(|name| {
            let made = stamped(stamp_of(&name, prefix)?)?;
            Some((name, made))
        })
        .collect();
    backups.sort_by_key(|(_, made)| std::cmp::Reverse(*made));
    let beyond = |index: usize| keep_count > 0 && index >= keep_count;
    let chosen = backups.into_iter().enumerate().filter(|(index, (name, made))| {
        name != newest && (beyond(*index) || oldest_kept.is_some_and(|oldest| *made < oldest))
    });
    chosen.map(|(_, (name, _))| name).collect()
}

/// `2026-01-05T02-00-00` of `backup-2026-01-05T02-00-00`.
fn stamp_of<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix)?.strip_prefix('-')
}

/// A stamp as an instant. The job's zone is not in it: good enough to order and to count days.
fn stamped(stamp: &str) -> Option<std::time::SystemTime> {
    let (date, time) = stamp.split_once('T')?;
    parse_rfc3339(&format!("{date}T{}Z", time.replace('-', ":")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(keep_count: usize, keep_days: Option<u32>) -> Vec<String> {
        let days = ["01", "02", "03", "09", "10"];
        let mut names: Vec<String> = days
            .iter()
            .map(|day| format!("b-2026-01-{day}T02-00-00"))
            .collect();
        names.extend([
            "b-notes".to_owned(),
            "other-2020-01-01T00-00-00".to_owned(),
            "b".to_owned(),
        ]);
        choose(names, "b", "b-2026-01-10T02-00-00", keep_count, keep_days)
    }

    #[test]
    fn the_count_and_the_days_both_prune() {
        assert_eq!(chosen(4, None), ["b-2026-01-01T02-00-00"]);
        assert_eq!(
            chosen(0, Some(7)),
            ["b-2026-01-02T02-00-00", "b-2026-01-01T02-00-00"]
        );
        assert_eq!(chosen(0, None), [""; 0]);
    }

    #[test]
    fn the_new_backup_and_foreign_folders_stay() {
        let gone = chosen(1, Some(0));
        assert_eq!(gone.len(), 4);
        assert!(
            !gone
                .iter()
                .any(|name| name.contains("-10T") || name.contains("notes") || name.contains("other"))
        );
    }
}
