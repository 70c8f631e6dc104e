//! Whether what became of a fire may have become of it.

use std::{collections::BTreeSet, time::Duration};

use wasmtab_domain::{
    ids::{IdSource, JobId},
    job::{Blackout, JobSpec},
    policy::Misfire,
    run::{Attempt, Run, Shard},
    status::SkipReason,
    time::Timestamp,
};

use super::Books;
use crate::is_blacked_out;

/// A fire that nobody released for longer was missed.
const GRACE: Duration = Duration::from_secs(5);
/// How much later than the decision a run's number may be: beside a start or a thaw under full load, what is decided waits for the
/// database's one writer, and what was wished for after it has got its number by then.
const QUEUED: Duration = Duration::from_secs(1);

/// What decided a fire.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    pub revision: Option<i64>,
    /// The number of the row, or of the first run.
    id: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// These shards of so many.
    Run(BTreeSet<u32>, u32),
    /// Why it did not run, and when that was decided.
    Row(Option<SkipReason>, Option<Timestamp>, Option<i64>),
}

impl Cover {
    pub(super) fn by_run(run: &Run) -> Self {
        Self {
            revision: run.revision,
            id: run.id.0,
            what: What::Run(BTreeSet::from([run.shard.index]), run.shard.count),
        }
    }

    pub(super) fn by_row(row: &Attempt) -> Self {
        Self {
            revision: row.revision,
            id: row.id.0,
            what: What::Row(row.reason, row.end_time, row.blocked_by.map(|run| run.0)),
        }
    }

    /// Whether it runs.
    pub(super) fn runs(&self) -> bool {
        matches!(self.what, What::Run(..))
    }

    /// Whether the shard is one that this group lacks.
    pub(super) fn lacks(&self, shard: Shard) -> bool {
        matches!(&self.what, What::Run(there, count) if *count == shard.count && !there.contains(&shard.index))
    }

    pub(super) fn take(&mut self, shard: Shard) {
        if let What::Run(there, _) = &mut self.what {
            there.insert(shard.index);
        }
    }

    /// Whether no shard is missing.
    pub(super) fn is_whole(&self) -> bool {
        match &self.what {
            What::Run(there, count) => there.iter().copied().eq(0..*count),
            What::Row(..) => true,
        }
    }
}

impl Books<'_> {
    /// What became of the fire is what may have.
    pub(super) fn judge(&mut self, job: JobId, fire: Timestamp, cover: &Cover) {
        let Some(spec) = self.said(job, cover.revision).cloned() else {
            return;
        };
        let reason = match &cover.what {
            What::Run(_, count) => {
                if *count > 1 {
                    self.count("shards");
                }
                None
            }
            What::Row(reason, _, _) => *reason,
        };
        self.count(format!("fire {}", reason.map_or("runs", SkipReason::as_str)));
        let wrong = |what: &str| format!("job {job}, fire {fire}: {cover:?}, {what}");
        let is_paused = self.is_paused(job, fire);
        if is_paused != (reason == Some(SkipReason::Paused)) && !self.is_in_doubt(job, fire) {
            let text = wrong(if is_paused {
                "while the job was paused"
            } else {
                "and it was not paused"
            });
            self.findings.add("verdict", text);
        }
        if let Some(is_out) = self.is_out(&spec, fire)
            && reason != Some(SkipReason::Paused)
            && is_out != (reason == Some(SkipReason::Blackout))
        {
            self.findings.add("verdict", wrong("against its blackouts"));
        }
        match &cover.what {
            What::Run(..) => {
                let window = match spec.misfire {
                    Misfire::Latest => return,
                    Misfire::Skip => GRACE,
                    Misfire::All => spec.catch_up_window.to_duration().max(GRACE),
                };
                let latest = numbered_until(&self.record.standstills, fire, window);
                if cover.id >= IdSource::floor_at(latest.plus(QUEUED)) {
                    self.findings.add("verdict", wrong("released too late to run"));
                }
            }
            What::Row(Some(SkipReason::Misfire), at, _) => {
                if at.is_none_or(|at| at.since(fire) <= GRACE) {
                    self.findings.add("verdict", wrong("which was not missed"));
                }
            }
            What::Row(Some(SkipReason::Overlap), _, blocking) => {
                let is_there = blocking.is_some_and(|blocking| {
                    let runs = &self.record.runs;
                    let found = runs.binary_search_by_key(&blocking, |run| run.id.0);
                    found.is_ok_and(|index| runs[index].job_id == Some(job) && blocking < cover.id)
                });
                if !is_there {
                    self.findings
                        .add("verdict", wrong("and no such run was in the way"));
                }
            }
            What::Row(Some(SkipReason::Paused | SkipReason::Blackout), _, _) => {}
            What::Row(..) => self
                .findings
                .add("verdict", wrong("which is no reason for a fire")),
        }
    }

    fn is_paused(&self, job: JobId, fire: Timestamp) -> bool {
        let pauses = self.record.pauses.get(&job);
        pauses.into_iter().flatten().any(|period| {
            let until = period.ended_at.or(period.pause.until);
            period.pause.paused_at < fire && until.is_none_or(|until| fire <= until)
        })
    }

    /// Whether the fire lies in a blackout, where that can still be told: of calendars only the present windows are known.
    fn is_out(&self, spec: &JobSpec, fire: Timestamp) -> Option<bool> {
        let mut calendars = wasmtab_domain::job::Calendars::default();
        for name in spec.blackouts.iter().filter_map(Blackout::calendar) {
            let (windows, since) = self.record.calendars.get(name)?;
            if *since >= fire {
                return None;
            }
            calendars.insert(name.to_owned(), windows.clone());
        }
        Some(is_blacked_out(spec, &calendars, fire))
    }
}

/// Until when a fire may have got its number that was decided within the window. A process that stands still in between has decided
/// with the instant before, and numbers runs with the one after.
fn numbered_until(standstills: &[(Timestamp, Timestamp)], fire: Timestamp, window: Duration) -> Timestamp {
    let decided_until = fire.plus(window);
    standstills
        .iter()
        .filter(|(from, _)| (fire..=decided_until).contains(from))
        .fold(decided_until, |latest, (from, until)| {
            latest.plus(until.since(*from))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_decided_when_the_process_stands_still_is_numbered_later() {
        let at = Timestamp::from_secs;
        let still = [(at(102), at(109))];
        let until = |fire| numbered_until(&still, at(fire), GRACE);
        assert_eq!(until(96), at(101));
        assert_eq!(until(97), at(109));
        assert_eq!(until(102), at(114));
        assert_eq!(until(103), at(108));
    }
}
