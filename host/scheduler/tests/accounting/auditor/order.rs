//! Which of the runs that are due are claimed: the higher priority first, the older first within one, and some of those that are left by age alone.

use std::cmp::Reverse;

use wasmtab_domain::{ids::RunId, run::Claim, time::Timestamp};

use super::{
    Books,
    runs::{RunBook, Stands},
};

/// Places with which one claim meets every run there is.
const LARGE: u32 = 100;

impl Books {
    /// What must have been claimed is what was. The books stand as before the claim.
    pub(super) fn order(&mut self, (limit, by_age): (u32, u32), claims: &[Claim], now: Timestamp) {
        if self.keeps_back() {
            self.within_bounds(claims);
            self.nothing_is_left_behind(limit, claims, now);
            return;
        }
        let mut due: Vec<_> = self
            .runs
            .values()
            .filter(|run| self.is_claimable(run, now))
            .map(|run| (Reverse(run.policy.priority), due_at(run)))
            .collect();
        let limit = limit as usize;
        if due.len() > limit {
            self.count("places ran out");
        }
        due.sort_unstable();
        let by_age = (by_age as usize).min(limit);
        let mut rest = due.split_off((limit - by_age).min(due.len()));
        rest.sort_unstable_by_key(|(priority, due)| (*due, *priority));
        rest.truncate(by_age);
        let mut expected: Vec<_> = due
            .into_iter()
            .chain(rest)
            .map(|(priority, due)| (due, priority))
            .collect();
        expected.sort_unstable();

        // Runs that are alike may stand for each other.
        let mut found: Vec<_> = claims
            .iter()
            .map(|claim| (Some(claim.due_at), Reverse(claim.policy.priority)))
            .collect();
        found.sort_unstable();
        let said = || format!("the claim at {now} of at most {limit}, {by_age} by age");
        self.findings.same("claims", said, &found, &expected);
    }

    /// Where handlers keep runs back, as much is claimed as there is room for, whatever the order.
    fn nothing_is_left_behind(&mut self, limit: u32, claims: &[Claim], now: Timestamp) {
        let left: Vec<_> = self
            .runs
            .iter()
            .filter(|(id, run)| {
                self.is_claimable(run, now) && claims.iter().all(|claim| claim.run_id != **id)
            })
            .map(|(id, run)| (*id, self.has_room(&run.handler, claims)))
            .collect();
        if left.iter().any(|(_, room)| !room) {
            self.count("kept back");
        }
        // A claim with few places may meet nothing but runs that it has to keep back, and is then asked again.
        if limit >= LARGE && claims.len() < limit as usize {
            for (run, _) in left.iter().filter(|(_, room)| *room) {
                let text = format!("run {run} was left at {now} although there is room for it");
                self.findings.add("claims", text);
            }
        }
    }

    /// Whether an attempt of the run may begin.
    pub(super) fn is_claimable(&self, run: &RunBook, now: Timestamp) -> bool {
        let held = self.groups.get(&run.group).is_some_and(|group| group.held);
        let paused = || {
            run.job
                .and_then(|job| self.jobs.get(&job))
                .is_some_and(|job| job.pause.is_some())
        };
        match run.stands {
            Stands::Waiting { due, retry } => {
                due.is_some_and(|due| due <= now) && !held && !(retry && paused())
            }
            _ => false,
        }
    }

    /// How the run stands, in words for a finding.
    pub(super) fn stands(&self, id: RunId) -> String {
        match self.runs.get(&id) {
            Some(run) => {
                let held = self.groups.get(&run.group).is_some_and(|group| group.held);
                format!(
                    "{:?}{}",
                    run.stands,
                    if held { ", waits for its turn" } else { "" }
                )
            }
            None => "was never made".to_owned(),
        }
    }
}

fn due_at(run: &RunBook) -> Option<Timestamp> {
    match run.stands {
        Stands::Waiting { due, .. } => due,
        _ => None,
    }
}
