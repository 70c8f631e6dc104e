//! Everything that can be read of a database.

#![expect(
    clippy::unwrap_used,
    reason = "a database that does not answer fails the comparison by a panic"
)]

use std::fmt::Debug;

use wasmtab_domain::{
    ids::{BootId, JobId},
    status::AttemptStatus,
    time::Timestamp,
};
use wasmtab_store::{AttemptFilter, DeliveryFilter, Facts, JobFilter, LogSort, RunFilter, conformance::at};

use crate::{
    jobs::HANDLERS,
    side::{ALL, Side, length, scope},
};

impl Side {
    /// Everything that can be read, a line each.
    pub(crate) async fn look(&mut self, now: Timestamp) -> String {
        let lines = self.read(now).await;
        self.named(&lines.join("\n"))
    }

    async fn read(&self, now: Timestamp) -> Vec<String> {
        let store = &*self.store;
        let mut lines = Vec::new();
        let jobs = store.jobs(&JobFilter::default(), None, ALL).await.unwrap();
        add(&mut lines, "job", &jobs.items);
        let attempts = store
            .attempts(&AttemptFilter::default(), None, ALL)
            .await
            .unwrap();
        add(&mut lines, "attempt", &attempts.items);
        let runs = store.runs(&RunFilter::default(), None, ALL).await.unwrap();
        add(&mut lines, "run", &runs.items);
        for filter in run_filters(now) {
            lines.push(format!(
                "{filter:?}: {:?}",
                store.runs(&filter, None, 5).await.unwrap()
            ));
        }
        for filter in attempt_filters(now) {
            lines.push(format!(
                "{filter:?}: {:?}",
                store.attempts(&filter, None, 5).await.unwrap()
            ));
        }
        for filter in job_filters() {
            lines.push(format!(
                "{filter:?}: {:?}",
                store.jobs(&filter, None, 2).await.unwrap()
            ));
        }
        for id in (1..=8).map(JobId) {
            add(&mut lines, "revision", &store.revisions(id).await.unwrap());
            add(&mut lines, "pause", &store.pauses(id).await.unwrap());
            let fires = store.decided_fires(id, at(-600), now.plus(length(1))).await;
            lines.push(format!("fires of {id}: {fires:?}"));
            for sort in [LogSort::Runs, LogSort::Skipped] {
                lines.push(format!("{:?}", store.newest_of_job(id, sort, 3).await.unwrap()));
            }
        }
        let mut facts = store.facts().await.unwrap();
        facts.queue.sort_by_key(|part| (part.state, part.held));
        lines.push(format!("{:?}", Facts { size: None, ..facts }));
        let mut found = store.findings(ALL).await.unwrap();
        found.owned.first.sort_by_key(|attempt| attempt.run_id);
        found.paused.first.sort_by(|a, b| a.name.cmp(&b.name));
        lines.push(format!("{found:?}"));
        let ended = runs.items.iter().map(|run| run.id).collect::<Vec<_>>();
        let mut repeated = store.repeated_by(&ended).await.unwrap();
        repeated.sort_unstable();
        lines.push(format!("{repeated:?}"));
        for attempt in attempts.items.iter().take(5) {
            lines.push(format!("{:?}", store.attempt_log(attempt.id).await.unwrap()));
        }
        lines.push(format!("{:?}", store.log_ends(0, now, 20).await.unwrap()));
        lines.push(format!("{:?}", store.crowded_jobs(0, 3, 10).await.unwrap()));
        lines.push(format!(
            "{:?}",
            store.cancel_wishes(BootId(self.boot)).await.unwrap()
        ));
        lines.push(format!("{:?}", store.handlers().await.unwrap()));
        lines.push(format!("{:?}", store.plugins().await.unwrap()));
        lines.push(format!("{:?}", store.versions("plug").await.unwrap()));
        lines.push(format!("{:?}", store.activations("plug").await.unwrap()));
        lines.push(format!("{:?}", store.calendars().await.unwrap()));
        lines.push(format!("{:?}", store.jobs_of_calendar("cal", 9).await.unwrap()));
        lines.push(format!("{:?}", store.rules().await.unwrap()));
        lines.push(format!("{:?}", store.silences(now).await.unwrap()));
        let sent = store
            .deliveries(&DeliveryFilter::default(), None, ALL)
            .await
            .unwrap();
        add(&mut lines, "delivery", &sent.items);
        for id in 1..=6 {
            let entries = store.state_entries(&scope(id), "", None, 10, 20).await.unwrap();
            lines.push(format!(
                "{entries:?} {:?}",
                store.state_use(&scope(id)).await.unwrap()
            ));
        }
        lines.push(format!("{:?}", store.state_scopes(None, 10).await.unwrap()));
        lines.push(format!("{:?}", store.nodes(6).await.unwrap()));
        lines.push(format!("{:?}", store.last_seen().await.unwrap()));
        lines
    }
}

fn add(lines: &mut Vec<String>, what: &str, items: &[impl Debug]) {
    lines.extend(items.iter().map(|item| format!("{what} {item:?}")));
}

fn run_filters(now: Timestamp) -> Vec<RunFilter> {
    let all = RunFilter::default;
    vec![
        RunFilter {
            job_id: Some(JobId(1)),
            ..all()
        },
        RunFilter {
            handler_name: Some(HANDLERS[1].into()),
            active: Some(true),
            ..all()
        },
        RunFilter {
            state: Some("success".into()),
            since: Some(at(30)),
            ..all()
        },
        RunFilter {
            state: Some("queued".into()),
            label: Some("x".into()),
            ..all()
        },
        RunFilter {
            trigger: Some(wasmtab_domain::status::Trigger::Cron),
            until: Some(now),
            active: Some(false),
            ..all()
        },
    ]
}

fn attempt_filters(now: Timestamp) -> Vec<AttemptFilter> {
    let all = AttemptFilter::default;
    vec![
        AttemptFilter {
            job_id: Some(JobId(2)),
            since: Some(at(30)),
            ..all()
        },
        AttemptFilter {
            status: Some(AttemptStatus::Skipped),
            label: Some("x".into()),
            until: Some(now),
            ..all()
        },
        AttemptFilter {
            reason: Some(wasmtab_domain::status::SkipReason::Overlap),
            ..all()
        },
    ]
}

fn job_filters() -> Vec<JobFilter> {
    let all = JobFilter::default;
    vec![
        JobFilter {
            text: Some("A".into()),
            ..all()
        },
        JobFilter {
            label: Some("x".into()),
            paused: Some(false),
            ..all()
        },
        JobFilter {
            handler_name: Some(HANDLERS[0].into()),
            source: Some("file".into()),
            ..all()
        },
    ]
}
