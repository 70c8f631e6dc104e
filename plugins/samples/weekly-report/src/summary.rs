//! What the report says, counted.

use guest_files::Entry;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasmtab_sdk::prelude::*;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// The report names no more changes than this; it always counts all.
const NAMED: usize = 200;

/// The files as one report saw them, for the next one to compare with.
#[data]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    /// Size and time of writing (seconds since 1970) by path.
    files: BTreeMap<String, (u64, u64)>,
}

/// Counts of one folder, or of all.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Counts {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Files written within the last seven days.
    pub(crate) recent: u64,
}

/// What changed since the last report.
#[data]
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Changes {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
    /// `+` added, `*` changed, `-` removed; the first ones.
    pub(crate) names: Vec<String>,
}

/// What the report says.
pub(crate) struct Summary {
    pub(crate) total: Counts,
    /// By the first part of the path; `.` for what lies in no folder.
    pub(crate) folders: BTreeMap<String, Counts>,
    /// None in the first report.
    pub(crate) changes: Option<Changes>,
}

impl Snapshot {
    pub(crate) fn of(files: &[Entry]) -> Self {
        let mark = |file: &Entry| {
            let modified = file
                .modified
                .and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
            (
                file.relative.clone(),
                (file.bytes, modified.unwrap_or_default().as_secs()),
            )
        };
        Self {
            files: files.iter().map(mark).collect(),
        }
    }

    fn changes_since(&self, last: &Self) -> Changes {
        let mut changes = Changes::default();
        let mut names = Vec::new();
        for (path, mark) in &self.files {
            match last.files.get(path) {
                None => {
                    changes.added += 1;
                    names.push((path, '+'));
                }
                Some(before) if before != mark => {
                    changes.changed += 1;
                    names.push((path, '*'));
                }
                Some(_) => {}
            }
        }
        for path in last.files.keys().filter(|path| !self.files.contains_key(*path)) {
            changes.removed += 1;
            names.push((path, '-'));
        }
        names.sort();
        changes.names = names
            .iter()
            .take(NAMED)
            .map(|(path, sign)| format!("{sign} {path}"))
            .collect();
        changes
    }
}

impl Summary {
    pub(crate) fn new(files: &[Entry], present: &Snapshot, last: Option<&Snapshot>, now: SystemTime) -> Self {
        let week_ago = now.checked_sub(WEEK).unwrap_or(UNIX_EPOCH);
        let mut total = Counts::default();
        let mut folders: BTreeMap<String, Counts> = BTreeMap::new();
        for file in files {
            let folder = file.relative.split_once('/').map_or(".", |(folder, _)| folder);
            for counts in [&mut total, folders.entry(folder.to_owned()).or_default()] {
                counts.files += 1;
                counts.bytes += file.bytes;
                counts.recent += u64::from(file.modified.is_some_and(|modified| modified >= week_ago));
            }
        }
        Self {
            total,
            folders,
            changes: last.map(|last| present.changes_since(last)),
        }
    }
}
