//! Every run has ended, with its rows.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::RunId,
    run::{Attempt, Run, RunStatus},
    status::{AttemptStatus, Trigger},
};

use super::Books;

/// A run, its attempts in order, and the first run of its fire.
#[derive(Debug)]
pub(super) struct RunBook<'a> {
    pub run: &'a Run,
    pub attempts: Vec<&'a Attempt>,
    pub group: RunId,
    pub status: AttemptStatus,
}

impl<'a> Books<'a> {
    /// Every run with its rows. What has not ended, or does not fit together, is found.
    pub(super) fn runs(&mut self) -> BTreeMap<RunId, RunBook<'a>> {
        let record = self.record;
        let mut of_run: BTreeMap<RunId, Vec<&Attempt>> = BTreeMap::new();
        for row in record
            .rows
            .iter()
            .filter(|row| row.status != AttemptStatus::Skipped)
        {
            let run = row.run_id.unwrap_or(RunId(row.id.0));
            of_run.entry(run).or_default().push(row);
        }
        let mut runs = BTreeMap::new();
        let mut groups: Vec<(&Run, Vec<u32>)> = Vec::new();
        for run in &record.runs {
            let mut attempts = of_run.remove(&run.id).unwrap_or_default();
            attempts.sort_by_key(|row| row.execute_index);
            let RunStatus::Ended(status) = run.status else {
                let text = format!("run {} of job {:?} is still {}", run.id, run.job_id, run.status);
                self.findings.add("rest", text);
                continue;
            };
            let group = group_of(run, &mut groups);
            let book = RunBook {
                run,
                attempts,
                group,
                status,
            };
            if runs.insert(run.id, book).is_some() {
                self.findings
                    .add("runs", format!("run {} is there twice", run.id));
            }
        }
        for (id, rows) in of_run {
            let text = format!("{} attempts of run {id} are there, and no run", rows.len());
            self.findings.add("runs", text);
        }
        for id in &record.promised {
            if !runs.contains_key(id) {
                let text = format!("run {id} was promised, and is not there");
                self.findings.add("promises", text);
            }
            self.count("promised");
        }
        runs
    }
}

/// The group that the run belongs to: the newest of its job and instant that lacks its shard.
fn group_of<'a>(run: &'a Run, groups: &mut Vec<(&'a Run, Vec<u32>)>) -> RunId {
    if run.shard.count == 1 {
        return run.id;
    }
    let key = |run: &Run| {
        (
            run.job_id,
            run.scheduled_at,
            run.trigger,
            run.upstream_run,
            run.revision,
            run.retry_of.is_some(),
        )
    };
    if run.shard.index > 0
        && let Some((first, there)) = groups
            .iter_mut()
            .rev()
            .find(|(first, there)| key(first) == key(run) && !there.contains(&run.shard.index))
    {
        there.push(run.shard.index);
        return first.id;
    }
    groups.push((run, vec![run.shard.index]));
    run.id
}

/// Whether a run is a fire's own.
pub(super) fn is_fired(run: &Run) -> bool {
    run.trigger == Trigger::Cron
}
