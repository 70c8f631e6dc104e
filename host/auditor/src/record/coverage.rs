//! Every fire that was to be decided is covered by exactly one run or one row, and by one that may.

use wasmtab_domain::{
    ids::JobId,
    job::Revision,
    run::Attempt,
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};

use super::{
    Books,
    expected::{self, Covers},
    verdict::Cover,
};
use crate::fires;

impl Books<'_> {
    pub(super) fn coverage(&mut self) {
        let mut covers = Covers::new();
        self.covers_by_runs(&mut covers);
        let record = self.record;
        for row in &record.rows {
            if row.status == AttemptStatus::Skipped && row.trigger == Trigger::Cron {
                self.cover_by_row(row, &mut covers);
            }
        }
        for (job, revisions) in &record.revisions {
            let covers = covers.remove(job).unwrap_or_default();
            self.job(*job, revisions, covers);
        }
        for (job, covers) in covers {
            let text = format!(
                "job {job} was never there, and {} fires of it were decided",
                covers.len()
            );
            self.findings.add("coverage", text);
        }
    }

    fn job(
        &mut self,
        job: JobId,
        revisions: &[Revision],
        mut covers: std::collections::BTreeMap<Timestamp, Vec<Cover>>,
    ) {
        if expected::goes_on(revisions) {
            self.findings.add(
                "rest",
                format!("job {job} still fires, so nobody can tell what it misses"),
            );
        }
        let expected = match expected::expected(revisions) {
            Ok(expected) => expected,
            Err(text) => return self.findings.add("coverage", format!("job {job}: {text}")),
        };
        let mut released = 0;
        for (fire, expected) in expected {
            let found = covers.remove(&fire).unwrap_or_default();
            let is_done = expected.spec.max_runs.is_some_and(|most| released >= most);
            match found.as_slice() {
                [] if is_done => self.count("maxRuns reached"),
                [] => {
                    let text = format!(
                        "job {job}, fire {fire} (revision {}): nothing covers it",
                        expected.revision
                    );
                    self.findings.add("coverage", text);
                }
                [cover] => {
                    if is_done && !self.is_in_doubt(job, fire) {
                        let text = format!(
                            "job {job}, fire {fire}: {cover:?} came after the last run that it may have"
                        );
                        self.findings.add("coverage", text);
                    }
                    if cover.revision != Some(expected.revision) && !self.is_in_doubt(job, fire) {
                        let text = format!(
                            "job {job}, fire {fire}: {cover:?} follows another revision than {}",
                            expected.revision
                        );
                        self.findings.add("coverage", text);
                    }
                    released += u64::from(cover.runs());
                    self.judge(job, fire, cover);
                }
                [..] => {
                    let text = format!("job {job}, fire {fire}: {found:?} cover it");
                    self.findings.add("coverage", text);
                }
            }
        }
        for (fire, found) in covers {
            // A planner may have been quicker than whoever changed the job.
            let may = self.is_in_doubt(job, fire)
                && found.len() == 1
                && expected::is_fire(revisions, found[0].revision, fire);
            if may {
                self.count("quicker than a change");
            } else {
                let text = format!("job {job}: {fire} is covered by {found:?} and was not to be");
                self.findings.add("coverage", text);
            }
        }
    }

    /// A run covers its instant; of shards all together, and each of them once.
    fn covers_by_runs(&mut self, covers: &mut Covers) {
        let record = self.record;
        for run in record.runs.iter().filter(|run| run.trigger == Trigger::Cron) {
            let Some(job) = run.job_id else { continue };
            let found = covers
                .entry(job)
                .or_default()
                .entry(run.scheduled_at)
                .or_default();
            let mate = found
                .iter_mut()
                .find(|cover| cover.revision == run.revision && cover.lacks(run.shard));
            match mate {
                Some(cover) => cover.take(run.shard),
                None => found.push(Cover::by_run(run)),
            }
        }
        for (job, fires) in covers {
            for (fire, found) in fires {
                for cover in found.iter().filter(|cover| !cover.is_whole()) {
                    let text = format!("job {job}, fire {fire}: shards are missing of {cover:?}");
                    self.findings.add("coverage", text);
                }
            }
        }
    }

    /// A row covers the fires of its revision from its first instant to its last.
    fn cover_by_row(&mut self, row: &Attempt, covers: &mut Covers) {
        let record = self.record;
        let said = row.job_id.and_then(|job| {
            let anchor = record.revisions.get(&job)?.first()?.valid_from;
            Some((job, self.said(job, row.revision)?, anchor))
        });
        let Some((job, spec, anchor)) = said else {
            self.findings
                .add("coverage", format!("row {} has no revision", row.id));
            return;
        };
        let before = Timestamp::from_micros(row.scheduled_at.as_micros() - 1);
        let until = row.scheduled_until.unwrap_or(row.scheduled_at);
        let all = fires(spec, anchor, before, until);
        if row.fire_count != u32::try_from(all.len()).ok() {
            let text = format!(
                "row {} counts {:?} fires and covers {}",
                row.id,
                row.fire_count,
                all.len()
            );
            self.findings.add("coverage", text);
        }
        if all.len() > 1 {
            self.count("rows shared");
        }
        let of_job = covers.entry(job).or_default();
        for fire in all {
            of_job.entry(fire).or_default().push(Cover::by_row(row));
        }
    }
}
