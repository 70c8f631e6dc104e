//! Reading the record from a store.

use wasmtab_domain::ids::JobId;
use wasmtab_store::{AttemptFilter, JobFilter, RunFilter, Store, StoreResult};

use super::Record;

/// Rows that one look takes.
const PAGE: u32 = 5_000;
/// More than there are of calendars, jobs or processes.
const ALL: u32 = 100_000;

impl Record {
    /// Reads everything that the database says. Nobody may write meanwhile.
    pub async fn read(store: &dyn Store) -> StoreResult<Self> {
        let mut record = Self::default();
        let mut before = None;
        loop {
            let page = store.runs(&RunFilter::default(), before, PAGE).await?;
            record.runs.extend(page.items);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        loop {
            let page = store.attempts(&AttemptFilter::default(), before, PAGE).await?;
            record.rows.extend(page.items);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        record.rows.sort_by_key(|row| row.id);
        record.runs.sort_by_key(|run| run.id);
        let jobs = store.jobs(&JobFilter::default(), None, ALL).await?;
        // Jobs that are gone are known by their numbers, which are never given again.
        let there = jobs.items.iter().map(|job| job.id);
        let newest = there
            .chain(record.rows.iter().filter_map(|row| row.job_id))
            .max()
            .unwrap_or(JobId(0));
        for id in (1..=newest.0).map(JobId) {
            let mut revisions = store.revisions(id).await?;
            revisions.sort_by_key(|revision| revision.revision);
            record.revisions.insert(id, revisions);
            record.pauses.insert(id, store.pauses(id).await?);
        }
        for calendar in store.calendars().await? {
            record
                .calendars
                .insert(calendar.name, (calendar.windows, calendar.updated_at));
        }
        let nodes = store.nodes(ALL).await?;
        record.boots = nodes.into_iter().map(|node| node.boot_id).collect();
        Ok(record)
    }
}
