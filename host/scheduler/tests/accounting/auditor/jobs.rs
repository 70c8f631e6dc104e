//! Every job: what it says, how far its fires are decided, its pause and its runs.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::{AttemptId, JobId, RunId},
    job::JobSpec,
    time::Timestamp,
};

use super::{Books, decide::Point, unaccounted::Unaccounted};

/// A job as the chronicle tells of it.
#[derive(Debug)]
pub(super) struct JobBook {
    pub spec: JobSpec,
    pub revision: i64,
    pub created_at: Timestamp,
    /// Every fire up to here is decided.
    pub frontier: Timestamp,
    /// The instant from which the next fire was computed: of an edit, or of the newest fire that was decided.
    pub planned_from: Timestamp,
    /// Fires that ran, or will.
    pub released: u64,
    /// The pause that lies over it.
    pub pause: Option<Pause>,
    pub deleted: bool,
    /// What covers each fire that was decided.
    pub decided: BTreeMap<Timestamp, Cover>,
    /// Its groups of runs that have not ended, oldest first.
    pub active: Vec<RunId>,
    /// Every revision: what it said, from when on.
    pub revisions: Vec<(Option<JobSpec>, Timestamp)>,
    /// Every pause: from, until, and when it was ended.
    pub pauses: Vec<(Timestamp, Option<Timestamp>, Option<Timestamp>)>,
}

/// A pause that lies over a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// When it lifts itself.
    pub until: Option<Timestamp>,
}

impl Pause {
    /// Whether it covers an instant.
    pub(super) fn covers(self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at <= until)
    }
}

/// What decided a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// The group of runs with this first one.
    Run(RunId),
    Row(AttemptId),
}

impl JobBook {
    fn new(spec: &JobSpec, now: Timestamp) -> Self {
        Self {
            spec: spec.clone(),
            revision: 1,
            created_at: now,
            frontier: now,
            planned_from: now,
            released: 0,
            pause: None,
            deleted: false,
            decided: BTreeMap::new(),
            active: Vec::new(),
            revisions: vec![(Some(spec.clone()), now)],
            pauses: Vec::new(),
        }
    }

    /// Whether it has run as often as it may.
    pub(super) fn is_done(&self) -> bool {
        self.spec.max_runs.is_some_and(|most| self.released >= most)
    }

    pub(super) fn end_pause(&mut self, at: Timestamp) {
        if self.pause.take().is_some()
            && let Some((_, _, ended)) = self.pauses.last_mut()
        {
            *ended = Some(at);
        }
    }
}

impl Books {
    pub(super) fn looked(&mut self, now: Timestamp, made: &mut Unaccounted) {
        let living: Vec<_> = self
            .jobs
            .iter()
            .filter(|(_, book)| !book.deleted)
            .map(|(id, _)| *id)
            .collect();
        let mut cancels = Vec::new();
        for id in living {
            cancels.extend(self.decide(id, now, Point::Look, made));
        }
        self.cancel_groups(&cancels, now, made);
    }

    pub(super) fn replanned(&mut self, now: Timestamp) {
        for book in self.jobs.values_mut() {
            book.frontier = book.frontier.min(now);
            book.planned_from = book.planned_from.min(now);
        }
        self.count("replanned");
    }

    pub(super) fn written(
        &mut self,
        id: JobId,
        revision: i64,
        spec: &JobSpec,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        let known = match self.jobs.get(&id) {
            None => {
                self.jobs.insert(id, JobBook::new(spec, now));
                0
            }
            // Who says the same again has said nothing.
            Some(book) if book.spec == *spec => book.revision - 1,
            Some(book) => {
                let known = book.revision;
                self.settle(id, now, made);
                if let Some(book) = self.jobs.get_mut(&id) {
                    if !same_fires(&book.spec, spec) {
                        book.frontier = now;
                        book.planned_from = now;
                    }
                    book.revision += 1;
                    book.spec = spec.clone();
                    book.revisions.push((Some(spec.clone()), now));
                }
                known
            }
        };
        self.findings.same(
            "database",
            || format!("the revision of job {id}"),
            &revision,
            &(known + 1),
        );
    }

    pub(super) fn paused(
        &mut self,
        id: JobId,
        until: Option<Timestamp>,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        self.settle(id, now, made);
        if let Some(book) = self.jobs.get_mut(&id) {
            book.end_pause(now);
            book.pause = Some(Pause { until });
            book.pauses.push((now, until, None));
        }
    }

    pub(super) fn resumed(&mut self, id: JobId, now: Timestamp, made: &mut Unaccounted) {
        self.settle(id, now, made);
        if let Some(book) = self.jobs.get_mut(&id) {
            book.end_pause(now);
        }
    }

    pub(super) fn deleted(&mut self, id: JobId, now: Timestamp, made: &mut Unaccounted) {
        self.settle(id, now, made);
        let Some(book) = self.jobs.get(&id) else { return };
        let mut groups = book.active.clone();
        // The newest first: none gets its turn because the one before it has ended here.
        groups.reverse();
        self.cancel_groups(&groups, now, made);
        if let Some(book) = self.jobs.get_mut(&id) {
            book.end_pause(now);
            book.deleted = true;
            book.revisions.push((None, now));
        }
    }

    /// Before anything is done to a job, its fires up to now are decided by what it said.
    fn settle(&mut self, id: JobId, now: Timestamp, made: &mut Unaccounted) {
        let cancels = self.decide(id, now, Point::Settle, made);
        self.cancel_groups(&cancels, now, made);
    }
}

fn same_fires(one: &JobSpec, other: &JobSpec) -> bool {
    let fires = |spec: &JobSpec| {
        let rule = (spec.cron_expression.clone(), spec.every, spec.timezone);
        (rule, spec.status, spec.start_at, spec.end_at, spec.max_runs)
    };
    fires(one) == fires(other)
}
