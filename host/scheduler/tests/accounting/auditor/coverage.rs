//! At the end, in the database: every fire that was to be decided is covered by exactly one run or one row.

use std::collections::BTreeMap;

use wasmtab_auditor::fires;
use wasmtab_domain::{
    ids::JobId,
    run::{Attempt, Run},
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};

use super::{Books, jobs::Cover};

impl Books {
    pub(super) fn compare_coverage(&mut self, runs: &[Run], rows: &[Attempt]) {
        let mut covers: BTreeMap<(JobId, Timestamp), Vec<Cover>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.trigger == Trigger::Cron) {
            let Some(job) = run.job_id else { continue };
            let group = self.runs.get(&run.id).map_or(run.id, |book| book.group);
            let found = covers.entry((job, run.scheduled_at)).or_default();
            // The shards of one fire cover it together.
            if !found.contains(&Cover::Run(group)) {
                found.push(Cover::Run(group));
            }
        }
        for row in rows {
            if row.status == AttemptStatus::Skipped && row.trigger == Trigger::Cron {
                self.cover(row, &mut covers);
            }
        }
        for (job, book) in &self.jobs {
            for (fire, cover) in &book.decided {
                let found = covers.remove(&(*job, *fire)).unwrap_or_default();
                self.findings.same(
                    "coverage",
                    || format!("job {job}, fire {fire}"),
                    &found,
                    &vec![*cover],
                );
            }
        }
        for ((job, fire), found) in covers {
            let text = format!("job {job}: {fire} is covered by {found:?} and was not to be");
            self.findings.add("coverage", text);
        }
    }

    /// The fires of its revision that a row covers.
    fn cover(&mut self, row: &Attempt, covers: &mut BTreeMap<(JobId, Timestamp), Vec<Cover>>) {
        let book = row.job_id.and_then(|job| Some((job, self.jobs.get(&job)?)));
        let revision = usize::try_from(row.revision.unwrap_or_default() - 1).unwrap_or(usize::MAX);
        let said = book.and_then(|(job, book)| match book.revisions.get(revision) {
            Some((Some(spec), _)) => Some((job, spec, book.created_at)),
            _ => None,
        });
        let Some((job, spec, created_at)) = said else {
            self.findings
                .add("coverage", format!("row {} has no revision", row.id));
            return;
        };
        let before = Timestamp::from_micros(row.scheduled_at.as_micros() - 1);
        let until = row.scheduled_until.unwrap_or(row.scheduled_at);
        for fire in fires(spec, created_at, before, until) {
            covers.entry((job, fire)).or_default().push(Cover::Row(row.id));
        }
    }
}
