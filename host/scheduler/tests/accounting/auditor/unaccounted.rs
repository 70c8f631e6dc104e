//! What a commit made, as far as it has not been explained yet.

use wasmtab_domain::{
    ids::JobId,
    run::{Attempt, Run},
    status::Trigger,
};

use crate::chronicle::Made;

/// Whoever explains a run or a row takes it out.
#[derive(Debug)]
pub(super) struct Unaccounted {
    pub runs: Vec<Run>,
    pub rows: Vec<Attempt>,
}

impl Unaccounted {
    pub(super) fn of(made: &Made) -> Self {
        Self {
            runs: made.runs.clone(),
            rows: made.skips.clone(),
        }
    }

    /// The runs of a job that were made for one reason, the shards of each together.
    pub(super) fn groups(&mut self, job: Option<JobId>, trigger: Trigger) -> Vec<Vec<Run>> {
        let of = |run: &Run| run.job_id == job && run.trigger == trigger;
        let (mine, others) = std::mem::take(&mut self.runs).into_iter().partition(of);
        self.runs = others;
        group(mine)
    }

    /// The oldest of them, where there is one.
    pub(super) fn group(&mut self, job: Option<JobId>, trigger: Trigger) -> Option<Vec<Run>> {
        let mut groups = self.groups(job, trigger);
        if groups.is_empty() {
            return None;
        }
        let first = groups.remove(0);
        self.runs.extend(groups.into_iter().flatten());
        self.runs.sort_by_key(|run| run.id);
        Some(first)
    }

    /// The rows of a job's fires that do not run.
    pub(super) fn skips(&mut self, job: JobId) -> Vec<Attempt> {
        let of = |row: &Attempt| row.job_id == Some(job) && row.trigger == Trigger::Cron;
        let (mine, others) = std::mem::take(&mut self.rows).into_iter().partition(of);
        self.rows = others;
        mine
    }

    /// The oldest row that tells why a chain did not start the job of this name.
    pub(super) fn broken_chain(&mut self, name: &str) -> Option<Attempt> {
        let of = |row: &Attempt| row.job_name.as_deref() == Some(name) && row.trigger == Trigger::Chain;
        let index = self.rows.iter().position(of)?;
        Some(self.rows.remove(index))
    }
}

/// Puts shards together: each belongs to the newest group of its instant that lacks it.
fn group(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut groups: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        let lacks = |group: &&mut Vec<Run>| {
            group[0].scheduled_at == run.scheduled_at
                && group.iter().all(|other| other.shard.index != run.shard.index)
        };
        match groups
            .iter_mut()
            .rev()
            .find(lacks)
            .filter(|_| run.shard.index > 0)
        {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}
