//! What the database says when everything has come to rest, held against the books.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::{JobId, RunId},
    run::{Attempt, Run, RunStatus, Shard},
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};
use wasmtab_store::{AttemptFilter, RunFilter, Store};

use super::{
    Books,
    runs::{AttemptBook, RunBook, Stands},
};

const PAGE: u32 = 500;

impl Books {
    pub(super) async fn compare(&mut self, store: &dyn Store) {
        let rows = rows(store).await;
        let runs = runs(store).await;
        self.check_up(store).await;
        self.compare_jobs(store).await;
        self.compare_coverage(&runs, &rows);
        self.compare_runs(&runs, &rows);
        self.compare_alerts(store).await;
    }

    /// What the product's own check-up finds: nothing, where everything has come to rest.
    async fn check_up(&mut self, store: &dyn Store) {
        let found = store.findings(PAGE).await.unwrap();
        let left = (found.owned.count, found.turnless.count, found.rows_without_run);
        self.findings.same(
            "database",
            || "attempts, turns and rows that are left".to_owned(),
            &left,
            &(0, 0, 0),
        );
        let faults = store.faults(PAGE).await.unwrap();
        self.findings
            .same("database", || "the file".to_owned(), &faults, &Vec::new());
    }

    /// Revisions and pauses are what was asked for, so that an auditor may go by them.
    async fn compare_jobs(&mut self, store: &dyn Store) {
        for (id, book) in &self.jobs {
            let kept: Vec<_> = store
                .revisions(*id)
                .await
                .unwrap()
                .into_iter()
                .map(|revision| (revision.spec, revision.valid_from))
                .collect();
            self.findings.same(
                "database",
                || format!("the revisions of job {id}"),
                &kept,
                &book.revisions,
            );
            let kept: Vec<_> = store
                .pauses(*id)
                .await
                .unwrap()
                .into_iter()
                .map(|period| (period.pause.paused_at, period.pause.until, period.ended_at))
                .collect();
            self.findings.same(
                "database",
                || format!("the pauses of job {id}"),
                &kept,
                &book.pauses,
            );
        }
    }

    fn compare_runs(&mut self, runs: &[Run], rows: &[Attempt]) {
        let mut kept: BTreeMap<RunId, &Run> = BTreeMap::new();
        for run in runs {
            if kept.insert(run.id, run).is_some() {
                self.findings
                    .add("database", format!("run {} is there twice", run.id));
            }
        }
        let mut of_run: BTreeMap<RunId, Vec<&Attempt>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.status != AttemptStatus::Skipped) {
            of_run
                .entry(row.run_id.unwrap_or(RunId(row.id.0)))
                .or_default()
                .push(row);
        }
        for (id, book) in &self.runs {
            let stands = match book.stands {
                Stands::Ended(status) => Some(RunStatus::Ended(status)),
                // Whoever comes to rest has no such runs; that was found before.
                _ => continue,
            };
            let found = kept.remove(id).map(|run| run.status);
            self.findings
                .same("database", || format!("run {id} has ended"), &found, &stands);
            let mut rows = of_run.remove(id).unwrap_or_default();
            rows.sort_by_key(|row| row.execute_index);
            let indices: Vec<_> = rows.iter().map(|row| row.execute_index).collect();
            let expected: Vec<_> = (1..=book.attempts.len() as u32).collect();
            self.findings.same(
                "database",
                || format!("the attempts of run {id}"),
                &indices,
                &expected,
            );
            for (index, (row, attempt)) in rows.iter().zip(&book.attempts).enumerate() {
                let is_last = index + 1 == book.attempts.len();
                let (found, expected) = (found_row(row), expected_row(row, book, attempt, is_last));
                self.findings.same(
                    "database",
                    || format!("run {id}, attempt {}", index + 1),
                    &found,
                    &expected,
                );
                if let Some(id) = attempt.id {
                    self.findings.same(
                        "database",
                        || format!("attempt {id} has its number"),
                        &row.id,
                        &id,
                    );
                }
                if row.begin_time.is_some() && row.begin_time != attempt.began {
                    let text = format!(
                        "attempt {} began at {:?}, not {:?}",
                        row.id, attempt.began, row.begin_time
                    );
                    self.findings.add("database", text);
                }
            }
        }
        for id in kept.keys() {
            self.findings.add(
                "database",
                format!("run {id} is there and was never made, or does not end"),
            );
        }
        for (id, rows) in of_run {
            self.findings.add(
                "database",
                format!(
                    "run {id} has {} rows and was never made, or does not end",
                    rows.len()
                ),
            );
        }
    }
}

/// What must be the same of a row: how it stands, whether it is the last, when the next is due, when it was due itself,
/// when and by whom it was claimed, for which instant, under which revision, and as which part of what.
type Row = (
    AttemptStatus,
    bool,
    Option<Timestamp>,
    Option<Timestamp>,
    Option<(i64, Timestamp)>,
    (Timestamp, Option<i64>, Option<JobId>, Trigger),
    (Shard, Option<RunId>),
);

fn found_row(row: &Attempt) -> Row {
    (
        row.status,
        row.last,
        row.retry_at,
        row.due_at,
        row.boot_id.map(|boot| boot.0).zip(row.claimed_at),
        (row.scheduled_at, row.revision, row.job_id, row.trigger),
        (row.shard, row.upstream_run),
    )
}

fn expected_row(row: &Attempt, run: &RunBook, attempt: &AttemptBook, is_last: bool) -> Row {
    let (status, again) = attempt.end.unwrap_or((AttemptStatus::Claimed, None));
    (
        status,
        is_last,
        again,
        attempt.due.or(row.due_at),
        attempt.claim.map(|(owner, at)| (owner.0, at)),
        (run.scheduled_at, run.revision, run.job, run.trigger),
        (run.shard, run.upstream),
    )
}

async fn rows(store: &dyn Store) -> Vec<Attempt> {
    let mut rows = Vec::new();
    let mut before = None;
    loop {
        let page = store
            .attempts(&AttemptFilter::default(), before, PAGE)
            .await
            .unwrap();
        rows.extend(page.items);
        before = page.next;
        if before.is_none() {
            return rows;
        }
    }
}

async fn runs(store: &dyn Store) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut before = None;
    loop {
        let page = store.runs(&RunFilter::default(), before, PAGE).await.unwrap();
        runs.extend(page.items);
        before = page.next;
        if before.is_none() {
            return runs;
        }
    }
}
