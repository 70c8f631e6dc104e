//! Attempts: one after another, each ended once, followed by what its job's policy says, and never two fires of a job at a time.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::{JobId, RunId},
    policy::Overlap,
    run::Attempt,
    status::AttemptStatus,
    time::Timestamp,
};

use super::{
    Books,
    runs::{RunBook, is_fired},
};
use crate::{Ended, Next, next};

impl Books<'_> {
    pub(super) fn attempts(&mut self, runs: &BTreeMap<RunId, RunBook<'_>>) {
        for run in runs.values() {
            self.in_order(run);
            self.followed_by_policy(run);
            self.count(format!("ended {}", run.status));
        }
        self.one_at_a_time(runs);
    }

    /// The attempts count from one, none overlaps the one before, all have ended, and the last one alone decided the run.
    fn in_order(&mut self, book: &RunBook<'_>) {
        let id = book.run.id;
        let indices: Vec<_> = book.attempts.iter().map(|row| row.execute_index).collect();
        let expected: Vec<_> = (1..=book.attempts.len().max(1) as u32).collect();
        self.findings.same(
            "attempts",
            || format!("the attempts of run {id}"),
            &indices,
            &expected,
        );
        for (index, row) in book.attempts.iter().enumerate() {
            let is_last = index + 1 == book.attempts.len();
            if !row.status.is_final() {
                let text = format!("attempt {} of run {id} is still {}", row.id, row.status);
                self.findings.add("attempts", text);
            }
            self.findings.same(
                "attempts",
                || format!("attempt {} of run {id} decided it", row.id),
                &row.last,
                &is_last,
            );
            if let Some(boot) = row.boot_id.filter(|boot| !self.record.boots.contains(boot)) {
                let text = format!("attempt {} was carried out by {boot}, which nobody knows", row.id);
                self.findings.add("attempts", text);
            }
        }
        let status = book.attempts.last().map(|row| row.status);
        self.findings.same(
            "attempts",
            || format!("run {id} bears its last attempt's status"),
            &Some(book.status),
            &status,
        );
        for pair in book.attempts.windows(2) {
            if let (Some(end), Some(begin)) = (pair[0].end_time, pair[1].begin_time)
                && begin < end
            {
                let text = format!(
                    "attempt {} of run {id} began before {} had ended",
                    pair[1].id, pair[0].id
                );
                self.findings.add("attempts", text);
            }
        }
    }

    /// What follows each attempt is what the policy of the run's revision says.
    fn followed_by_policy(&mut self, book: &RunBook<'_>) {
        let run = book.run;
        let spec = run.job_id.and_then(|job| self.said(job, run.revision)).cloned();
        let Some(spec) = spec else { return };
        let (mut retries, mut deaths) = (0, 0);
        for (index, row) in book.attempts.iter().enumerate() {
            let Some(end) = row.end_time else {
                let text = format!("attempt {} of run {} has no end", row.id, run.id);
                self.findings.add("attempts", text);
                return;
            };
            let ended = Ended {
                status: row.status,
                permanent: false,
                cancelled: false,
                retries,
                deaths,
            };
            let follows = next(ended, &spec.retry, end);
            let is_last = index + 1 == book.attempts.len();
            if is_last {
                // Of a failure nobody wrote down whether it was permanent, and a cancel may have come at any time.
                let may_end = follows == Next::Ends
                    || row.status == AttemptStatus::Failure
                    || run.cancel_requested_by.is_some();
                if !may_end {
                    let text = format!("run {} ended with {}, expected {follows:?}", run.id, row.status);
                    self.findings.add("retries", text);
                }
                return;
            }
            match follows {
                Next::Ends => {
                    let text = format!(
                        "run {} went on after attempt {} ({})",
                        run.id, row.execute_index, row.status
                    );
                    self.findings.add("retries", text);
                }
                Next::Retry(at) => {
                    retries += 1;
                    self.count("retry");
                    self.not_before(at, book.attempts[index + 1]);
                }
                Next::Again => {
                    deaths += 1;
                    self.count("repeated after a death");
                }
            }
        }
    }

    fn not_before(&mut self, at: Timestamp, row: &Attempt) {
        if row.begin_time.is_some_and(|begin| begin < at) {
            let text = format!("attempt {} began before it was due at {at}", row.id);
            self.findings.add("retries", text);
        }
    }

    /// Unless it says `allow`, a fire of a job begins when the earlier ones have ended.
    fn one_at_a_time(&mut self, runs: &BTreeMap<RunId, RunBook<'_>>) {
        let mut of_job: BTreeMap<JobId, BTreeMap<RunId, Span>> = BTreeMap::new();
        for book in runs.values().filter(|book| is_fired(book.run)) {
            let Some(job) = book.run.job_id else { continue };
            let span = of_job.entry(job).or_default().entry(book.group).or_default();
            span.revision = book.run.revision;
            let begin = book.attempts.iter().filter_map(|row| row.begin_time).min();
            let end = book.attempts.iter().filter_map(|row| row.end_time).max();
            span.begin = [span.begin, begin].into_iter().flatten().min();
            span.end = span.end.max(end);
        }
        for (job, groups) in of_job {
            let mut busy: Option<Timestamp> = None;
            for (id, span) in groups {
                let allows = self
                    .said(job, span.revision)
                    .is_none_or(|spec| spec.overlap == Overlap::Allow);
                if !allows
                    && span
                        .begin
                        .is_some_and(|begin| busy.is_some_and(|busy| begin < busy))
                {
                    let text = format!(
                        "job {job}: run {id} began at {:?} while others went on until {busy:?}",
                        span.begin
                    );
                    self.findings.add("turns", text);
                }
                busy = busy.max(span.end);
            }
        }
    }
}

/// From when to when the runs of one fire went on.
#[derive(Debug, Default)]
struct Span {
    revision: Option<i64>,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
}
