//! The auditor: it knows what was asked and committed, when planners looked, and what the revisions say; from that it works
//! out, without a line of the product's own decisions, what must have become of every fire, run and attempt, and holds
//! what was made and what the database says against it.
//!
//! A policy about fires is one file in [`rules`].

mod alerts;
mod attempts;
mod chains;
mod coverage;
mod database;
mod decide;
mod handlers;
mod jobs;
mod order;
mod repeats;
mod requests;
mod rules;
mod runs;
mod seats;
mod unaccounted;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use wasmtab_auditor::{Finding, Findings, Tally};
use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    job::Calendars,
    run::{Hold, RunStatus},
    time::Timestamp,
};
use wasmtab_store::Store;

use self::{
    handlers::HandlerBook,
    jobs::JobBook,
    runs::{GroupBook, RunBook},
    unaccounted::Unaccounted,
};
use crate::chronicle::{Entry, Event, Made};

/// What is known of a world so far.
#[derive(Debug, Default)]
struct Books {
    jobs: BTreeMap<JobId, JobBook>,
    /// What one fire, or one start by hand, made: a run, or several shards. By the first of them.
    groups: BTreeMap<RunId, GroupBook>,
    runs: BTreeMap<RunId, RunBook>,
    owners: BTreeMap<AttemptId, RunId>,
    /// The newest run that repeats each.
    repeats: BTreeMap<RunId, RunId>,
    /// Jobs whose last run that was not cancelled had failed.
    failing: BTreeSet<JobId>,
    /// What somebody is to be told: the first run of a group, and what.
    told: Vec<(RunId, &'static str)>,
    /// The version of the plugin that is active.
    active_version: Option<i64>,
    calendars: Calendars,
    handlers: BTreeMap<String, HandlerBook>,
    /// The processes that have entered and are not gone.
    living: BTreeSet<BootId>,
    /// The runs that the newest commit made.
    newest: Vec<RunId>,
    findings: Findings,
    tally: Tally,
}

/// What an audit came to.
#[derive(Debug)]
pub(crate) struct Audit {
    pub findings: Vec<Finding>,
    pub tally: Tally,
}

/// Reads the whole chronicle, then the database, which must have come to rest.
pub(crate) async fn audit(entries: &[Entry], rests: bool, store: &dyn Store) -> Audit {
    let mut books = Books::default();
    for entry in entries {
        books.read(entry);
    }
    if !rests {
        books
            .findings
            .add("rest", "runs are left that never end".to_owned());
    }
    books.compare(store).await;
    Audit {
        findings: books.findings.into_inner(),
        tally: books.tally,
    }
}

impl Books {
    fn read(&mut self, entry: &Entry) {
        let made = &mut Unaccounted::of(&entry.made);
        if !matches!(entry.event, Event::Seated { .. }) {
            self.newest = entry.made.runs.iter().map(|run| run.id).collect();
        }
        self.happened(&entry.event, entry.at, made);
        self.nothing_is_left(made, &entry.event);
        self.holds_are_right(&entry.made);
    }

    fn happened(&mut self, event: &Event, at: Timestamp, made: &mut Unaccounted) {
        match event {
            Event::Entered(boot) => {
                self.living.insert(*boot);
            }
            Event::Gone(boot) => {
                self.living.remove(boot);
            }
            Event::Looked => self.looked(at, made),
            Event::LookedAhead { committed } => self.looked_ahead(at, *committed, made),
            Event::Replanned => self.replanned(at),
            Event::Written { job, revision, spec } => self.written(*job, *revision, spec, at, made),
            Event::Paused { job, until } => self.paused(*job, *until, at, made),
            Event::Resumed { job } => self.resumed(*job, at, made),
            Event::Deleted { job } => self.deleted(*job, at, made),
            Event::Triggered { job, overlap, answer } => self.triggered(*job, *overlap, *answer, at, made),
            Event::FilledBack {
                job,
                overlap,
                fires,
                answer,
            } => self.filled_back(*job, *overlap, fires, answer.as_deref(), at, made),
            Event::Called {
                run,
                at: when,
                policy,
            } => self.called(*run, *when, policy, made),
            Event::Cancelled { run, reply } => self.cancelled(*run, *reply, at, made),
            Event::Bound { handler, most } => self.bound(handler, *most),
            Event::Activated { version } => self.active_version = Some(*version),
            Event::Held { handler, is } => self.held(handler, *is),
            Event::Calendar { name, windows } => {
                self.calendars.insert(name.clone(), windows.clone());
            }
            Event::Claimed {
                owner,
                limit,
                by_age,
                claims,
            } => self.claimed(*owner, (*limit, *by_age), claims, at, made),
            Event::Seated { owner, limit, claims } => self.seated(*owner, *limit, claims, at),
            Event::Began { owner, attempt } => self.began(*owner, *attempt, at),
            Event::Finished { outcomes, replies } => self.finished(outcomes, replies, at, made),
            Event::Rescued { living, count } => self.rescued(*living, *count, at, made),
            Event::GaveBack { owner, known, count } => self.gave_back(*owner, known, *count, at, made),
            Event::Failed { what, error } => {
                self.findings
                    .add("store", format!("{what} failed by itself: {error}"));
            }
            Event::Repeated { runs, wish, replies } => self.repeated(runs, *wish, replies, at, made),
            Event::Together(events) => {
                for event in events {
                    self.happened(event, at, made);
                }
                self.count("together");
            }
        }
    }

    /// Everything that a commit made has been accounted for.
    fn nothing_is_left(&mut self, made: &Unaccounted, event: &Event) {
        for run in &made.runs {
            let text = format!(
                "run {} of job {:?} for {} ({}) was made and should not have been, by {event:?}",
                run.id, run.job_id, run.scheduled_at, run.trigger
            );
            self.findings.add("coverage", text);
        }
        for row in &made.rows {
            let text = format!(
                "row {} of job {:?} for {} ({:?}) was made and should not have been, by {event:?}",
                row.id, row.job_id, row.scheduled_at, row.reason
            );
            self.findings.add("coverage", text);
        }
    }

    /// New runs wait for their turn exactly where others come first.
    fn holds_are_right(&mut self, made: &Made) {
        for run in made
            .runs
            .iter()
            .filter(|run| matches!(run.status, RunStatus::Active(_)))
        {
            let Some(group) = self
                .runs
                .get(&run.id)
                .and_then(|book| self.groups.get(&book.group))
            else {
                continue;
            };
            let (found, expected) = (run.held == Some(Hold::Turn), group.held);
            if expected {
                self.count("held");
            }
            self.findings.same(
                "turns",
                || format!("run {} waits for its turn", run.id),
                &found,
                &expected,
            );
        }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }
}
