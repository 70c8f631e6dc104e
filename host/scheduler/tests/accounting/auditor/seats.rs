//! What was prepared ahead of its instant, and what was claimed in the commit that made it.

use std::{cmp::Reverse, collections::BTreeSet};

use wasmtab_domain::{
    ids::{BootId, JobId},
    policy::Overlap,
    run::Claim,
    time::Timestamp,
};

use super::{Books, decide::Point, runs::RunBook, unaccounted::Unaccounted};

impl Books {
    /// Fires of one instant, prepared before it. Only jobs that nothing could happen to meanwhile may be among them.
    pub(super) fn looked_ahead(&mut self, at: Timestamp, committed: Timestamp, made: &mut Unaccounted) {
        let runs = made.runs.iter().filter_map(|run| run.job_id);
        let jobs: BTreeSet<JobId> = runs
            .chain(made.rows.iter().filter_map(|row| row.job_id))
            .collect();
        if committed < at {
            let text = format!("fires of {at} were released at {committed}: {jobs:?}");
            self.findings.add("ahead", text);
        }
        for id in jobs {
            let stands = self.jobs.get(&id);
            if stands.is_none_or(|book| book.pause.is_some() || !book.active.is_empty()) {
                let text = format!("job {id} was prepared for {at} and is paused, active or gone");
                self.findings.add("ahead", text);
            }
            self.decide(id, at, Point::Look, made);
            self.count("released ahead");
        }
    }

    /// Runs of the newest commit were claimed in it: the highest priority first, and none where others wait already.
    pub(super) fn seated(&mut self, owner: BootId, limit: u32, claims: &[Claim], now: Timestamp) {
        if !self.living.contains(&owner) {
            let text = format!("{owner} took seats at {now} and is not there");
            self.findings.add("seats", text);
        }
        let is_new = |claim: &Claim| self.newest.contains(&claim.run_id);
        if claims.len() > limit as usize || !claims.iter().all(is_new) {
            let text = format!("{limit} seats at {now} were taken by {claims:?}");
            self.findings.add("seats", text);
        }
        let others_wait = self
            .runs
            .iter()
            .any(|(id, run)| !self.newest.contains(id) && self.is_claimable(run, now));
        if self.keeps_back() {
            self.within_bounds(claims);
        } else if others_wait {
            if !claims.is_empty() {
                let text = format!("{claims:?} took seats at {now} although others wait");
                self.findings.add("seats", text);
            }
            self.count("seats left to others");
        } else {
            self.seats_are_taken(limit, claims, now);
        }
        for claim in claims {
            self.claim(owner, claim, now);
            self.count("seated");
        }
    }

    /// As many as there are seats for, of those that can begin at once.
    fn seats_are_taken(&mut self, limit: u32, claims: &[Claim], now: Timestamp) {
        let newest = self.newest.iter().filter_map(|id| self.runs.get(id));
        let ready: Vec<_> = newest.filter(|run| self.is_claimable(run, now)).collect();
        // What its commit let in by ending others, and parts of one fire, are left to the queue.
        let is_apart = |run: &&RunBook| {
            let job = run.job.and_then(|job| self.jobs.get(&job));
            run.shard.count > 1 || job.is_some_and(|job| job.spec.overlap == Overlap::CancelOther)
        };
        if ready.iter().any(is_apart) {
            return;
        }
        let mut expected: Vec<_> = ready.iter().map(|run| Reverse(run.policy.priority)).collect();
        expected.sort_unstable();
        expected.truncate(limit as usize);
        let mut found: Vec<_> = claims
            .iter()
            .map(|claim| Reverse(claim.policy.priority))
            .collect();
        found.sort_unstable();
        let said = || format!("the priorities on {limit} seats at {now}");
        self.findings.same("seats", said, &found, &expected);
    }
}
