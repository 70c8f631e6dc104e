//! What the end of runs brings about: turns, and the starts of chained jobs.

use wasmtab_domain::{
    ids::{JobId, RunId},
    run::RunPolicy,
    status::{AttemptStatus, SkipReason, Trigger},
    time::Timestamp,
};

use super::{
    Books,
    rules::{self, Start},
    runs::{Release, Stands},
    unaccounted::Unaccounted,
};

/// Chain starts that may follow one another.
const DEPTH: u32 = 32;

impl Books {
    /// These runs have just ended, in one commit.
    pub(super) fn follow(&mut self, ended: &[RunId], now: Timestamp, made: &mut Unaccounted) {
        for run in ended {
            if let Some(job) = self.runs.get(run).and_then(|run| run.job) {
                self.give_turn(job);
            }
        }
        for run in ended {
            let Some(run) = self.runs.get(run) else { continue };
            let (group, policy) = (run.group, run.policy.clone());
            if !self.is_over(group) {
                continue;
            }
            let statuses = self.statuses(group);
            let Some(book) = self.groups.get_mut(&group) else {
                continue;
            };
            // Shards that end together are followed up once.
            if std::mem::replace(&mut book.followed, true) {
                continue;
            }
            let depth = book.depth + 1;
            self.tell(group);
            let next = if statuses.iter().all(|status| *status == AttemptStatus::Success) {
                &policy.on_success
            } else if statuses
                .iter()
                .any(|status| !matches!(status, AttemptStatus::Success | AttemptStatus::Cancelled))
            {
                &policy.on_failure
            } else {
                continue;
            };
            for name in next {
                self.start_next(name, group, depth, now, made);
            }
        }
    }

    pub(super) fn statuses(&self, group: RunId) -> Vec<AttemptStatus> {
        let members = self.groups.get(&group).map(|group| group.members.as_slice());
        members
            .unwrap_or_default()
            .iter()
            .filter_map(|run| match self.runs.get(run)?.stands {
                Stands::Ended(status) => Some(status),
                _ => None,
            })
            .collect()
    }

    fn start_next(
        &mut self,
        name: &str,
        upstream: RunId,
        depth: u32,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        let living = |(_, book): &(&JobId, &super::JobBook)| !book.deleted && book.spec.name == name;
        let job = self.jobs.iter().find(living).map(|(id, _)| *id);
        match self.may_start(job, depth, now) {
            Ok((id, start)) => self.starts(id, start, upstream, depth, now, made),
            Err(reason) => self.does_not_start(name, job, upstream, reason, made),
        }
    }

    fn may_start(
        &self,
        job: Option<JobId>,
        depth: u32,
        now: Timestamp,
    ) -> Result<(JobId, Start), SkipReason> {
        let (id, book) = job
            .and_then(|id| self.jobs.get(&id).map(|book| (id, book)))
            .ok_or(SkipReason::NoJob)?;
        if depth > DEPTH {
            return Err(SkipReason::ChainDepth);
        }
        if book.pause.is_some_and(|pause| pause.covers(now)) {
            return Err(SkipReason::Paused);
        }
        let start = rules::start(book.spec.overlap, &self.all_active(book)).ok_or(SkipReason::Overlap)?;
        Ok((id, start))
    }

    fn starts(
        &mut self,
        id: JobId,
        start: Start,
        upstream: RunId,
        depth: u32,
        now: Timestamp,
        made: &mut Unaccounted,
    ) {
        self.count("chained");
        let Some(runs) = made.group(Some(id), Trigger::Chain) else {
            self.findings.add(
                "chains",
                format!("run {upstream} ended at {now} and did not start job {id}"),
            );
            return;
        };
        let Some(book) = self.jobs.get_mut(&id) else {
            return;
        };
        let others = book.active.clone();
        book.active.push(runs[0].id);
        let release = Release {
            depth,
            upstream: Some(upstream),
            ..Release::of(book, Some(now), start.held)
        };
        let policy = RunPolicy::from(&book.spec);
        self.enter(&runs, &policy, release);
        if start.cancels {
            self.cancel_groups(&others, now, made);
        }
    }

    fn does_not_start(
        &mut self,
        name: &str,
        job: Option<JobId>,
        upstream: RunId,
        reason: SkipReason,
        made: &mut Unaccounted,
    ) {
        self.count(format!("chain {reason}"));
        let Some(row) = made.broken_chain(name) else {
            let text = format!("run {upstream} did not start {name}, and nothing tells why ({reason})");
            self.findings.add("chains", text);
            return;
        };
        let found = (row.job_id, row.reason, row.upstream_run);
        let expected = (job, Some(reason), Some(upstream));
        self.findings.same(
            "chains",
            || format!("row {} tells why {name} did not start", row.id),
            &found,
            &expected,
        );
    }
}
