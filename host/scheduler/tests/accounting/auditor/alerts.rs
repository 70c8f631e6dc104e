//! Who is told: once of each failure, and once when a job that had failed succeeds again.

use std::collections::BTreeSet;

use wasmtab_domain::{alert::Event, ids::RunId, status::AttemptStatus};
use wasmtab_store::{DeliveryFilter, Store};

use super::Books;

const PAGE: u32 = 500;

impl Books {
    /// All of a group has ended.
    pub(super) fn tell(&mut self, group: RunId) {
        let statuses = self.statuses(group);
        let job = self.groups.get(&group).and_then(|group| group.job);
        let event = if statuses.iter().all(|status| *status == AttemptStatus::Success) {
            if !job.is_some_and(|job| self.failing.remove(&job)) {
                return;
            }
            Event::Recovery
        } else if statuses
            .iter()
            .any(|status| !matches!(status, AttemptStatus::Success | AttemptStatus::Cancelled))
        {
            self.failing.extend(job);
            Event::Failure
        } else {
            return;
        };
        self.count(format!("told of {event}"));
        self.told.push((group, event.as_str()));
    }

    /// What lies ready to be sent is what was to be told, in worlds where somebody wants to be told.
    pub(super) async fn compare_alerts(&mut self, store: &dyn Store) {
        if store.rules().await.unwrap().is_empty() {
            return;
        }
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let page = store
                .deliveries(&DeliveryFilter::default(), before, PAGE)
                .await
                .unwrap();
            let told = page
                .items
                .iter()
                .filter_map(|delivery| Some((delivery.run_id?, delivery.event.as_str())));
            found.extend(told);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let told: BTreeSet<_> = self.told.iter().copied().collect();
        let sent: BTreeSet<_> = found.iter().copied().collect();
        for (run, event) in told.difference(&sent) {
            self.findings
                .add("alerts", format!("nobody is told of the {event} of run {run}"));
        }
        for (run, event) in sent.difference(&told) {
            self.findings.add(
                "alerts",
                format!("somebody is told of a {event} of run {run}, which was none"),
            );
        }
        self.findings
            .same("alerts", || "messages".to_owned(), &found.len(), &self.told.len());
    }
}
