use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::job::Window;
use wasmtab_store::Calendar;

/// A named list of windows in which jobs must not fire.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalendarView {
    /// Unique.
    pub name: String,
    /// Dates and windows of the week, on the wall clock of each job's zone.
    #[schema(value_type = Vec<super::WindowShape>)]
    pub windows: Vec<Window>,
    /// Jobs that name it, a hundred at most.
    pub jobs: Vec<String>,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// By whom.
    pub updated_by: String,
}

impl CalendarView {
    pub(crate) fn new(calendar: &Calendar, jobs: Vec<String>) -> Self {
        Self {
            name: calendar.name.clone(),
            windows: calendar.windows.clone(),
            jobs,
            updated_at: calendar.updated_at.to_string(),
            updated_by: calendar.updated_by.clone(),
        }
    }
}
