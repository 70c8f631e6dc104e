//! Calendars: a changed one is written down, for fires that are decided later see it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use wasmtab_domain::job::Calendars;
use wasmtab_store::{Calendar, CalendarStore, DeleteRefused, StoreResult};

use super::Tap;
use crate::chronicle::Event;

#[async_trait]
impl CalendarStore for Tap {
    async fn calendars(&self) -> StoreResult<Vec<Calendar>> {
        self.real.store.calendars().await
    }

    async fn calendar(&self, name: &str) -> StoreResult<Option<Calendar>> {
        self.real.store.calendar(name).await
    }

    async fn calendars_named(&self, names: &BTreeSet<String>) -> StoreResult<Calendars> {
        self.real.store.calendars_named(names).await
    }

    async fn put_calendar(&self, calendar: Calendar) -> StoreResult<Option<Calendar>> {
        let (now, name, windows) = (
            calendar.updated_at,
            calendar.name.clone(),
            calendar.windows.clone(),
        );
        let work = self.real.store.put_calendar(calendar);
        self.write("put_calendar", Some(now), work, |_| {
            Some(Event::Calendar { name, windows })
        })
        .await
    }

    async fn delete_calendar(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>> {
        self.real.store.delete_calendar(name).await
    }

    async fn jobs_of_calendar(&self, name: &str, limit: u32) -> StoreResult<Vec<String>> {
        self.real.store.jobs_of_calendar(name, limit).await
    }
}
