//! Calendars: named lists of windows in which jobs must not fire.

use std::collections::BTreeSet;

use async_trait::async_trait;
use wasmtab_domain::{
    job::{Calendars, Window},
    time::Timestamp,
};

use crate::{DeleteRefused, StoreResult};

/// A named list of windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Unique.
    pub name: String,
    /// When the jobs that name it must not fire, on the wall clock of each job's zone.
    pub windows: Vec<Window>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

/// Calendars.
#[async_trait]
pub trait CalendarStore: Send + Sync {
    /// All calendars, by name.
    async fn calendars(&self) -> StoreResult<Vec<Calendar>>;

    /// One calendar.
    async fn calendar(&self, name: &str) -> StoreResult<Option<Calendar>>;

    /// The windows of those of these calendars that there are.
    async fn calendars_named(&self, names: &BTreeSet<String>) -> StoreResult<Calendars>;

    /// Makes or replaces a calendar; what was there comes back. Fires that are released from now on see the new windows.
    async fn put_calendar(&self, calendar: Calendar) -> StoreResult<Option<Calendar>>;

    /// Removes a calendar that no job names.
    async fn delete_calendar(&self, name: &str) -> StoreResult<Result<(), DeleteRefused>>;

    /// The names of the jobs that name a calendar, at most `limit`.
    async fn jobs_of_calendar(&self, name: &str, limit: u32) -> StoreResult<Vec<String>>;
}
