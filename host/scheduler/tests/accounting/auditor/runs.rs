//! Every run from its release to its end, and the turns of those that wait for others.

use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    run::{Run, RunPolicy, Shard},
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};

use super::{Books, jobs::JobBook, unaccounted::Unaccounted};

/// What one fire or one start made: a run, or several shards.
#[derive(Debug)]
pub(super) struct GroupBook {
    pub job: Option<JobId>,
    pub members: Vec<RunId>,
    /// Whether it waits for other groups of its job.
    pub held: bool,
    /// Chain starts that led to it.
    pub depth: u32,
    /// Whether its end has been followed up.
    pub followed: bool,
}

/// A run as the chronicle tells of it.
#[derive(Debug)]
pub(super) struct RunBook {
    pub group: RunId,
    pub job: Option<JobId>,
    pub handler: String,
    pub revision: Option<i64>,
    pub trigger: Trigger,
    pub upstream: Option<RunId>,
    pub shard: Shard,
    pub scheduled_at: Timestamp,
    pub policy: RunPolicy,
    pub stands: Stands,
    pub retries: u32,
    pub deaths: u32,
    /// Whether somebody asked for its end.
    pub cancelled: bool,
    pub attempts: Vec<AttemptBook>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Its next attempt may be claimed from `due` on; of a run that was ended in the commit that made it, nobody knows.
    Waiting {
        due: Option<Timestamp>,
        retry: bool,
    },
    Running(AttemptId),
    /// The attempt goes on elsewhere, at most until then.
    Parked(AttemptId, Timestamp),
    Ended(AttemptStatus),
}

/// A row of the log as it must be.
#[derive(Clone, Debug)]
pub(super) struct AttemptBook {
    /// None where the row's number does not follow from anything.
    pub id: Option<AttemptId>,
    /// Who claimed it, and when; none where it never was.
    pub claim: Option<(BootId, Timestamp)>,
    /// The version that it ran on.
    pub version: Option<i64>,
    pub due: Option<Timestamp>,
    pub began: Option<Timestamp>,
    /// How it ended, and when the next one is due.
    pub end: Option<(AttemptStatus, Option<Timestamp>)>,
}

/// How runs are released.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release {
    pub revision: Option<i64>,
    pub due: Option<Timestamp>,
    pub held: bool,
    pub shards: u32,
    pub depth: u32,
    pub upstream: Option<RunId>,
}

impl Release {
    /// Of a job, by its schedule or by hand.
    pub(super) fn of(book: &JobBook, due: Option<Timestamp>, held: bool) -> Self {
        Self {
            revision: Some(book.revision),
            due,
            held,
            shards: book.spec.shards,
            depth: 0,
            upstream: None,
        }
    }
}

impl Books {
    /// The shards of one group were made.
    pub(super) fn enter(&mut self, runs: &[Run], policy: &RunPolicy, release: Release) {
        let all: Vec<_> = (0..release.shards).collect();
        self.enter_parts(runs, &all, policy, release);
    }

    /// These shards of one group were made.
    pub(super) fn enter_parts(&mut self, runs: &[Run], all: &[u32], policy: &RunPolicy, release: Release) {
        let Some(first) = runs.first() else { return };
        let indices: Vec<_> = runs.iter().map(|run| run.shard.index).collect();
        self.findings.same(
            "coverage",
            || format!("the shards of run {}", first.id),
            &indices,
            &all.to_vec(),
        );
        if all.len() > 1 {
            self.count("shards");
        }
        for run in runs {
            let found = (
                run.revision,
                run.shard.count,
                run.upstream_run,
                run.due_at.or(release.due),
            );
            let expected = (release.revision, release.shards, release.upstream, release.due);
            self.findings.same(
                "verdict",
                || format!("run {} as it was made", run.id),
                &found,
                &expected,
            );
            let book = RunBook {
                group: first.id,
                job: run.job_id,
                handler: run.handler_name.clone(),
                revision: run.revision,
                trigger: run.trigger,
                upstream: run.upstream_run,
                shard: run.shard,
                scheduled_at: run.scheduled_at,
                policy: policy.clone(),
                stands: Stands::Waiting {
                    due: release.due,
                    retry: false,
                },
                retries: 0,
                deaths: 0,
                cancelled: false,
                attempts: Vec::new(),
            };
            if self.runs.insert(run.id, book).is_some() {
                self.findings
                    .add("coverage", format!("the id {} was given twice", run.id));
            }
        }
        let group = GroupBook {
            job: first.job_id,
            members: runs.iter().map(|run| run.id).collect(),
            held: release.held,
            depth: release.depth,
            followed: false,
        };
        self.groups.insert(first.id, group);
    }

    /// Asks groups to end, one after another.
    pub(super) fn cancel_groups(&mut self, groups: &[RunId], now: Timestamp, made: &mut Unaccounted) {
        for group in groups {
            let members = self.groups.get(group).map(|group| group.members.clone());
            for run in members.unwrap_or_default() {
                self.end_or_ask(run, now, made);
            }
        }
    }

    /// Ends a run that waits, or whose work goes on elsewhere; one that is running is only asked to.
    pub(super) fn end_or_ask(&mut self, id: RunId, now: Timestamp, made: &mut Unaccounted) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let status = AttemptStatus::Cancelled;
        match run.stands {
            Stands::Ended(_) => return,
            Stands::Running(_) => {
                run.cancelled = true;
                return;
            }
            Stands::Parked(..) => {
                if let Some(attempt) = run.attempts.last_mut() {
                    attempt.end = Some((status, None));
                }
                self.count("parked, then cancelled");
            }
            Stands::Waiting { due, .. } => run.attempts.push(AttemptBook {
                id: run.attempts.is_empty().then(|| id.first_attempt()),
                claim: None,
                version: None,
                due,
                began: None,
                end: Some((status, None)),
            }),
        }
        self.end(id, status);
        self.follow(&[id], now, made);
    }

    /// A run has ended.
    pub(super) fn end(&mut self, id: RunId, status: AttemptStatus) {
        self.count(format!("ended {status}"));
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.stands = Stands::Ended(status);
        let group = run.group;
        if self.is_over(group)
            && let Some(job) = self.groups.get(&group).and_then(|group| group.job)
            && let Some(job) = self.jobs.get_mut(&job)
        {
            job.active.retain(|active| *active != group);
        }
    }

    /// Whether all of a group has ended.
    pub(super) fn is_over(&self, group: RunId) -> bool {
        self.groups.get(&group).is_some_and(|group| {
            group.members.iter().all(|run| {
                let stands = self.runs.get(run).map(|run| run.stands);
                matches!(stands, Some(Stands::Ended(_)))
            })
        })
    }

    /// Where all that is left of a job waits, the oldest waits no more.
    pub(super) fn give_turn(&mut self, job: JobId) {
        let Some(book) = self.jobs.get(&job) else { return };
        let all_wait = book
            .active
            .iter()
            .all(|group| self.groups.get(group).is_some_and(|group| group.held));
        if let Some(next) = book.active.first().filter(|_| all_wait)
            && let Some(group) = self.groups.get_mut(next)
        {
            group.held = false;
            self.count("turns given");
        }
    }
}
