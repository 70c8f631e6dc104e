//! What the end of runs starts: once for each fire, and nothing is dropped without a row that says why.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::RunId,
    status::{AttemptStatus, Trigger},
};

use super::{Books, runs::RunBook};

impl Books<'_> {
    pub(super) fn chains(&mut self, runs: &BTreeMap<RunId, RunBook<'_>>) {
        let mut started = self.started(runs);
        let mut groups: BTreeMap<RunId, Vec<&RunBook<'_>>> = BTreeMap::new();
        for book in runs.values() {
            groups.entry(book.group).or_default().push(book);
        }
        for (group, members) in groups {
            let run = members[0].run;
            // Of shards that were repeated nothing tells which of them belong together.
            if run.retry_of.is_some() && run.shard.count > 1 {
                for book in members {
                    started.remove(&book.run.id);
                }
                continue;
            }
            let spec = run.job_id.and_then(|job| self.said(job, run.revision)).cloned();
            let mut statuses = members.iter().map(|book| book.status);
            let mut expected = match spec {
                Some(spec) if statuses.all(|status| status == AttemptStatus::Success) => spec.on_success,
                Some(spec)
                    if members.iter().any(|book| {
                        !matches!(book.status, AttemptStatus::Success | AttemptStatus::Cancelled)
                    }) =>
                {
                    spec.on_failure
                }
                None | Some(_) => Vec::new(),
            };
            let mut found = started.remove(&group).unwrap_or_default();
            expected.sort();
            found.sort();
            if !found.is_empty() {
                self.count("chained");
            }
            self.findings.same(
                "chains",
                || format!("what the end of run {group} started"),
                &found,
                &expected,
            );
        }
        for (group, found) in started {
            let text = format!("run {group}, which nobody knows, started {found:?}");
            self.findings.add("chains", text);
        }
    }

    /// The names of what each run started, or of what a row says it did not.
    fn started(&self, runs: &BTreeMap<RunId, RunBook<'_>>) -> BTreeMap<RunId, Vec<String>> {
        let mut started: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
        for (id, book) in runs {
            let run = book.run;
            if let Some(upstream) = run
                .upstream_run
                .filter(|_| run.trigger == Trigger::Chain && book.group == *id)
            {
                let name = run.job_name.clone().unwrap_or_default();
                started.entry(upstream).or_default().push(name);
            }
        }
        for row in &self.record.rows {
            if let Some(upstream) = row.upstream_run.filter(|_| row.status == AttemptStatus::Skipped) {
                let name = row.job_name.clone().unwrap_or_default();
                started.entry(upstream).or_default().push(name);
            }
        }
        started
    }
}
