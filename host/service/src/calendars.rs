//! Calendars: named lists of windows in which jobs must not fire.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    job::{Blackout, Calendars, JobSpec, Window, read_windows},
    limits,
};
use wasmtab_store::{Calendar, DeleteRefused, Principal, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    service::{Change, Service, authorize},
    view::{CalendarView, ListView},
};

/// What a calendar says.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarPut {
    /// Dates (`{date}`, `{from, until}`) and windows of the week (`{days, from, until}`), on the wall clock of each job's zone;
    /// 1,000 at most.
    #[schema(value_type = Vec<crate::view::WindowShape>)]
    pub windows: Vec<Value>,
}

/// Jobs that a view names.
const JOBS: u32 = 100;

impl Service {
    /// Calendars, by name.
    pub async fn calendars(
        &self,
        by: &Principal,
        query: &PageQuery,
    ) -> ServiceResult<ListView<CalendarView>> {
        authorize(by, Role::Viewer)?;
        let page = paging::cut("calendars", query, self.store.calendars().await?)?;
        let mut items = Vec::with_capacity(page.items.len());
        for calendar in &page.items {
            items.push(self.show_calendar(calendar).await?);
        }
        Ok(ListView {
            items,
            next_cursor: page.next_cursor,
        })
    }

    /// One calendar.
    pub async fn calendar(&self, by: &Principal, name: &str) -> ServiceResult<CalendarView> {
        authorize(by, Role::Viewer)?;
        let calendar = self
            .store
            .calendar(name)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("calendar `{name}`")))?;
        self.show_calendar(&calendar).await
    }

    /// Makes or replaces a calendar; true: it is new. Fires that are released from now on see the new windows.
    pub async fn put_calendar(
        &self,
        by: &Principal,
        name: &str,
        put: CalendarPut,
    ) -> ServiceResult<(CalendarView, bool)> {
        authorize(by, Role::Author)?;
        names::check_name("name", name)?;
        let calendar = Calendar {
            name: name.to_owned(),
            windows: read(&put.windows)?,
            updated_at: self.now(),
            updated_by: by.name.clone(),
        };
        let before = self.store.put_calendar(calendar.clone()).await?;
        let change = Change::of(
            before.as_ref().map(|before| json!({ "windows": before.windows })),
            json!({ "windows": calendar.windows }),
        );
        self.audit(by, "calendar.put", subject(name), change).await;
        Ok((self.show_calendar(&calendar).await?, before.is_none()))
    }

    /// Removes a calendar that no job names.
    pub async fn delete_calendar(&self, by: &Principal, name: &str) -> ServiceResult<()> {
        authorize(by, Role::Author)?;
        let not_found = || ServiceError::not_found(format!("calendar `{name}`"));
        let before = self.store.calendar(name).await?.ok_or_else(not_found)?;
        match self.store.delete_calendar(name).await? {
            Ok(()) => {}
            Err(DeleteRefused::NotFound) => return Err(not_found()),
            Err(DeleteRefused::InUse(jobs)) => {
                let detail = format!(
                    "calendar `{name}` is named by the blackouts of {}",
                    jobs.join(", ")
                );
                return Err(Conflict::new(ConflictKind::InUse, detail).with_names(jobs).into());
            }
        }
        let change = Change::removed(json!({ "windows": before.windows }));
        self.audit(by, "calendar.delete", subject(name), change).await;
        Ok(())
    }

    /// The calendars that a job names; one that is not there is refused.
    pub(crate) async fn calendars_of(&self, spec: &JobSpec) -> ServiceResult<Calendars> {
        let calendars = self.calendars_there(spec).await?;
        match first_missing(spec, &calendars) {
            Some(error) => Err(FieldErrors::from(error).into()),
            None => Ok(calendars),
        }
    }

    /// The calendars that a job names, as far as they are there.
    pub(crate) async fn calendars_there(&self, spec: &JobSpec) -> ServiceResult<Calendars> {
        let names: BTreeSet<String> = spec
            .blackouts
            .iter()
            .filter_map(Blackout::calendar)
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Ok(Calendars::new());
        }
        Ok(self.store.calendars_named(&names).await?)
    }

    async fn show_calendar(&self, calendar: &Calendar) -> ServiceResult<CalendarView> {
        let jobs = self.store.jobs_of_calendar(&calendar.name, JOBS).await?;
        Ok(CalendarView::new(calendar, jobs))
    }
}

/// What is wrong with a job that names a calendar which is not among these.
pub(crate) fn first_missing(spec: &JobSpec, calendars: &Calendars) -> Option<FieldError> {
    spec.blackouts
        .iter()
        .filter_map(Blackout::calendar)
        .find(|name| !calendars.contains_key(*name))
        .map(|name| FieldError::new("blackouts", crate::error::no_calendar(name)))
}

fn read(said: &[Value]) -> ServiceResult<Vec<Window>> {
    if said.len() > limits::BLACKOUT_WINDOWS {
        let most = limits::BLACKOUT_WINDOWS;
        return Err(ServiceError::field(
            "windows",
            format!("has {} windows; {most} are allowed", said.len()),
        ));
    }
    let (mut windows, mut errors) = (Vec::with_capacity(said.len()), Vec::new());
    for (index, window) in said.iter().enumerate() {
        match read_windows(&Value::Array(vec![window.clone()])) {
            Ok(read) => windows.extend(read),
            Err(reason) => errors.push(FieldError {
                pointer: format!("/windows/{index}"),
                detail: format!("windows[{index}]: {reason}"),
            }),
        }
    }
    if errors.is_empty() {
        Ok(windows)
    } else {
        Err(FieldErrors(errors).into())
    }
}

fn subject(name: &str) -> String {
    format!("calendar/{name}")
}
