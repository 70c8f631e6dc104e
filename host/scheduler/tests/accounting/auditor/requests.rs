//! Starts by hand, backfills, calls and cancels: each makes what it was answered with, and nothing else.

use wasmtab_domain::{
    ids::{JobId, RunId},
    policy::Overlap,
    run::{Run, RunPolicy},
    status::Trigger,
    time::Timestamp,
};
use wasmtab_store::CancelReply;

use super::{
    Books, rules,
    runs::{Release, Stands},
    unaccounted::Unaccounted,
};

impl Books {
    pub(super) fn triggered(
        &mut self,
        id: JobId,
        overlap: Option<Overlap>,
        answer: Result<RunId, RunId>,
        at: Timestamp,
        made: &mut Unaccounted,
    ) {
        let Some(book) = self.jobs.get(&id).filter(|book| !book.deleted) else {
            self.findings
                .add("requests", format!("job {id} was started and is not there"));
            return;
        };
        let active = self.all_active(book);
        let expected = rules::start(overlap.unwrap_or(book.spec.overlap), &active);
        let text = || format!("the start of job {id} at {at} with {active:?} active is allowed");
        self.findings
            .same("requests", text, &answer.is_ok(), &expected.is_some());
        match answer {
            Ok(run) => {
                self.count("trigger");
                let others: Vec<_> = active.iter().map(|active| active.run).collect();
                let start = expected.unwrap_or_default();
                let runs = self.answered(run, Some(id), Trigger::Manual, made);
                self.start_of(id, &runs, at, start.held);
                if start.cancels {
                    self.cancel_groups(&others, at, made);
                }
            }
            Err(blocking) => {
                self.count("trigger refused");
                if !active.iter().any(|active| active.run == blocking) {
                    let text = format!("job {id} was not started because of {blocking}, which is not active");
                    self.findings.add("requests", text);
                }
            }
        }
    }

    pub(super) fn filled_back(
        &mut self,
        id: JobId,
        overlap: Option<Overlap>,
        fires: &[Timestamp],
        answer: Option<&[RunId]>,
        at: Timestamp,
        made: &mut Unaccounted,
    ) {
        let living = self.jobs.get(&id).filter(|book| !book.deleted);
        let (Some(book), Some(answer)) = (living, answer) else {
            let text = format!("the backfill of job {id}");
            self.findings
                .same("requests", || text, &answer.is_some(), &living.is_some());
            return;
        };
        let one_by_one = overlap.unwrap_or(book.spec.overlap) != Overlap::Allow;
        self.count("backfill");
        self.findings.same(
            "requests",
            || "runs of a backfill".to_owned(),
            &answer.len(),
            &fires.len(),
        );
        for (run, fire) in answer.iter().zip(fires) {
            let runs = self.answered(*run, Some(id), Trigger::Backfill, made);
            let instant = runs.first().map_or(*fire, |run| run.scheduled_at);
            self.findings
                .same("requests", || format!("the instant of run {run}"), &instant, fire);
            let held = one_by_one && self.jobs.get(&id).is_some_and(|book| !book.active.is_empty());
            self.start_of(id, &runs, at, held);
        }
    }

    pub(super) fn called(&mut self, run: RunId, at: Timestamp, policy: &RunPolicy, made: &mut Unaccounted) {
        self.count("call");
        let runs = self.answered(run, None, Trigger::Call, made);
        let release = Release {
            revision: None,
            due: Some(at),
            held: false,
            shards: 1,
            depth: 0,
            upstream: None,
        };
        self.enter(&runs, policy, release);
    }

    pub(super) fn cancelled(
        &mut self,
        id: RunId,
        reply: CancelReply,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        let (expected, word) = match self.runs.get(&id).map(|run| run.stands) {
            None => (CancelReply::NotFound, "not found"),
            Some(Stands::Waiting { .. } | Stands::Parked(..)) => (CancelReply::Ended, "ended"),
            Some(Stands::Running(attempt)) => (CancelReply::Asked(attempt), "asked"),
            Some(Stands::Ended(_)) => (CancelReply::AlreadyEnded, "too late"),
        };
        self.findings.same(
            "requests",
            || format!("the cancel of run {id}"),
            &reply,
            &expected,
        );
        self.count(format!("cancel {word}"));
        self.end_or_ask(id, now, made);
    }

    /// A run of a job that nobody's schedule asked for.
    fn start_of(&mut self, id: JobId, runs: &[Run], at: Timestamp, held: bool) {
        let (Some(book), Some(first)) = (self.jobs.get_mut(&id), runs.first()) else {
            return;
        };
        book.active.push(first.id);
        let release = Release::of(book, Some(at), held);
        let policy = RunPolicy::from(&book.spec);
        self.enter(runs, &policy, release);
    }

    /// The runs that a request was answered with.
    fn answered(
        &mut self,
        id: RunId,
        job: Option<JobId>,
        trigger: Trigger,
        made: &mut Unaccounted,
    ) -> Vec<Run> {
        let runs = made.group(job, trigger).unwrap_or_default();
        let first = runs.first().map(|run| run.id);
        self.findings.same(
            "requests",
            || "the run that was answered".to_owned(),
            &first,
            &Some(id),
        );
        runs
    }
}
