//! An audit by the record alone: revisions, pauses, calendars, and what the queue and the log have.

mod attempts;
mod chains;
mod coverage;
mod expected;
mod read;
mod runs;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use wasmtab_domain::{
    ids::{BootId, JobId, RunId},
    job::{PausePeriod, Revision, Window},
    run::{Attempt, Run},
    time::Timestamp,
};

use crate::{Finding, Findings};

/// How often things were seen, so that a test can tell that it saw everything.
pub type Tally = BTreeMap<String, u32>;

/// What a database says when it has come to rest: every run has ended and no job fires any more.
#[derive(Debug, Default)]
pub struct Record {
    /// Every job that there is or was, and its revisions, oldest first.
    pub revisions: BTreeMap<JobId, Vec<Revision>>,
    /// The times in which jobs were paused.
    pub pauses: BTreeMap<JobId, Vec<PausePeriod>>,
    /// The calendars, and since when they have these windows.
    pub calendars: BTreeMap<String, (Vec<Window>, Timestamp)>,
    /// Runs, those that have ended too.
    pub runs: Vec<Run>,
    /// Rows of the log.
    pub rows: Vec<Attempt>,
    /// Processes that were there.
    pub boots: BTreeSet<BootId>,
    /// Runs that somebody was promised.
    pub promised: BTreeSet<RunId>,
    /// When jobs were being changed: each instant belongs to what was said before or to what was said after.
    pub doubts: Vec<Doubt>,
    /// When the process stood still, from and until.
    pub standstills: Vec<(Timestamp, Timestamp)>,
}

/// From when a change of a job was asked for until it was known to be committed, or lost. A planner may have decided fires in between
/// first, whatever instant the change bears.
#[derive(Clone, Copy, Debug)]
pub struct Doubt {
    /// Which job.
    pub job: JobId,
    /// When it was asked for.
    pub from: Timestamp,
    /// When it was known.
    pub until: Timestamp,
}

/// What an audit came to.
#[derive(Debug)]
pub struct Audit {
    /// What does not add up.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub tally: Tally,
}

/// Accounts for everything. The wall clock must not have gone back.
#[must_use]
pub fn audit(record: &Record) -> Audit {
    let mut doubts: BTreeMap<JobId, Vec<Doubt>> = BTreeMap::new();
    for doubt in &record.doubts {
        doubts.entry(doubt.job).or_default().push(*doubt);
    }
    let mut books = Books {
        record,
        doubts,
        findings: Findings::default(),
        tally: Tally::new(),
    };
    books.coverage();
    let runs = books.runs();
    books.attempts(&runs);
    books.chains(&runs);
    Audit {
        findings: books.findings.into_inner(),
        tally: books.tally,
    }
}

struct Books<'a> {
    record: &'a Record,
    doubts: BTreeMap<JobId, Vec<Doubt>>,
    findings: Findings,
    tally: Tally,
}

impl Books<'_> {
    fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }

    /// Whether a change was under way at the instant.
    fn is_in_doubt(&self, job: JobId, at: Timestamp) -> bool {
        let of_job = self.doubts.get(&job).map(Vec::as_slice);
        of_job
            .unwrap_or_default()
            .iter()
            .any(|doubt| (doubt.from..=doubt.until).contains(&at))
    }

    /// What a job said in a revision.
    fn said(&self, job: JobId, revision: Option<i64>) -> Option<&wasmtab_domain::job::JobSpec> {
        let revisions = self.record.revisions.get(&job)?;
        let revision = revision?;
        revisions
            .iter()
            .find(|said| said.revision == revision)?
            .spec
            .as_ref()
    }
}
