//! `/calendars`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use wasmtab_service::{
    CalendarPut, PageQuery,
    view::{CalendarView, ListView},
};

use crate::{app::App, auth::Caller, extract, reply::Reply};

/// Lists calendars
///
/// By name.
#[utoipa::path(get, path = "/calendars", tag = "jobs", operation_id = "listCalendars", params(PageQuery),
    responses((status = 200, body = ListView<CalendarView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<CalendarView>>> {
    Ok(Json(app.service.calendars(&by, &query).await?))
}

/// Shows a calendar
#[utoipa::path(get, path = "/calendars/{name}", tag = "jobs", operation_id = "getCalendar", params(("name" = String, Path)),
    responses((status = 200, body = CalendarView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<Json<CalendarView>> {
    Ok(Json(app.service.calendar(&by, &name).await?))
}

/// Makes or replaces a calendar
///
/// Fires that are released from now on see the new windows.
#[utoipa::path(put, path = "/calendars/{name}", tag = "jobs", operation_id = "putCalendar", request_body = CalendarPut,
    params(("name" = String, Path)), responses((status = 200, body = CalendarView), (status = 201, body = CalendarView)))]
pub(crate) async fn put(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    extract::Json(put): extract::Json<CalendarPut>,
) -> Reply<(StatusCode, Json<CalendarView>)> {
    let (calendar, created) = app.service.put_calendar(&by, &name, put).await?;
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(calendar)))
}

/// Deletes a calendar
///
/// Refused while a job names it.
#[utoipa::path(delete, path = "/calendars/{name}", tag = "jobs", operation_id = "deleteCalendar",
    params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<StatusCode> {
    app.service.delete_calendar(&by, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
