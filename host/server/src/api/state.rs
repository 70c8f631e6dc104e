//! `/state`, `/jobs/{id}/state`, `/handlers/{name}/state`: what handlers keep from one run to the next.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use wasmtab_service::{
    PageQuery, Principal, StateClear, StateQuery, StateScope,
    view::{ListView, StateClearedView, StateEntryView, StateScopeView, StateView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{StateBody, job_id},
    reply::Reply,
};

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ValueFormat {
    /// As text, or in base64 where it is none.
    Json,
    /// The bytes themselves.
    Raw,
}

/// How to show it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValueQuery {
    /// `json` or `raw`; by `Accept` unless said.
    #[param(inline)]
    format: Option<ValueFormat>,
}

/// Lists whose state there is
///
/// The jobs and handlers that keep anything, and how much.
#[utoipa::path(get, path = "/state", tag = "state", operation_id = "listState", params(PageQuery),
    responses((status = 200, body = ListView<StateScopeView>)))]
pub(crate) async fn scopes(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<StateScopeView>>> {
    Ok(Json(app.service.state_scopes(&by, &query).await?))
}

/// Lists what a job keeps
///
/// In byte order of the keys. Values of more than 1 KiB are left out: they are read one by one.
#[utoipa::path(get, path = "/jobs/{id}/state", tag = "state", operation_id = "listJobState",
    params(("id" = i64, Path), StateQuery), responses((status = 200, body = StateView)))]
pub(crate) async fn job_list(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<StateQuery>,
) -> Reply<Json<StateView>> {
    Ok(Json(app.service.state(&by, &of_job(&id)?, &query).await?))
}

/// Removes what a job keeps
///
/// All of it, or the keys that begin with `prefix`.
#[utoipa::path(delete, path = "/jobs/{id}/state", tag = "state", operation_id = "clearJobState",
    params(("id" = i64, Path), StateClear), responses((status = 200, body = StateClearedView)))]
pub(crate) async fn job_clear(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
    Query(query): Query<StateClear>,
) -> Reply<Json<StateClearedView>> {
    Ok(Json(app.service.clear_state(&by, &of_job(&id)?, &query).await?))
}

/// Shows a value that a job keeps
#[utoipa::path(get, path = "/jobs/{id}/state/{key}", tag = "state", operation_id = "getJobState",
    params(("id" = i64, Path), ("key" = String, Path), ValueQuery),
    responses((status = 200, content((StateEntryView = "application/json"), (String = "application/octet-stream")))))]
pub(crate) async fn job_get(
    State(app): State<App>,
    Caller(by): Caller,
    headers: HeaderMap,
    Path((id, key)): Path<(String, String)>,
    Query(query): Query<ValueQuery>,
) -> Reply {
    shown(&app, &by, &of_job(&id)?, key, query.format, &headers).await
}

/// Sets a value that a job keeps
///
/// As JSON, or as the raw bytes (`application/octet-stream` or `text/plain`).
#[utoipa::path(put, path = "/jobs/{id}/state/{key}", tag = "state", operation_id = "setJobState",
    params(("id" = i64, Path), ("key" = String, Path)),
    request_body(content((wasmtab_service::StateValue = "application/json"), (String = "application/octet-stream"))),
    responses((status = 200, body = StateEntryView)))]
pub(crate) async fn job_set(
    State(app): State<App>,
    Caller(by): Caller,
    Path((id, key)): Path<(String, String)>,
    StateBody(value): StateBody,
) -> Reply<Json<StateEntryView>> {
    Ok(Json(
        app.service.set_state(&by, &of_job(&id)?, &key, value).await?,
    ))
}

/// Removes a value that a job keeps
#[utoipa::path(delete, path = "/jobs/{id}/state/{key}", tag = "state", operation_id = "deleteJobState",
    params(("id" = i64, Path), ("key" = String, Path)), responses((status = 204)))]
pub(crate) async fn job_delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path((id, key)): Path<(String, String)>,
) -> Reply<StatusCode> {
    app.service.delete_state(&by, &of_job(&id)?, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what a handler keeps
///
/// What its calls keep, and (with the grant `state=handler`) the runs of all its jobs together.
#[utoipa::path(get, path = "/handlers/{name}/state", tag = "state", operation_id = "listHandlerState",
    params(("name" = String, Path), StateQuery), responses((status = 200, body = StateView)))]
pub(crate) async fn handler_list(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Query(query): Query<StateQuery>,
) -> Reply<Json<StateView>> {
    let scope = StateScope::Handler(name);
    Ok(Json(app.service.state(&by, &scope, &query).await?))
}

/// Removes what a handler keeps
///
/// All of it, or the keys that begin with `prefix`.
#[utoipa::path(delete, path = "/handlers/{name}/state", tag = "state", operation_id = "clearHandlerState",
    params(("name" = String, Path), StateClear), responses((status = 200, body = StateClearedView)))]
pub(crate) async fn handler_clear(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Query(query): Query<StateClear>,
) -> Reply<Json<StateClearedView>> {
    let scope = StateScope::Handler(name);
    Ok(Json(app.service.clear_state(&by, &scope, &query).await?))
}

/// Shows a value that a handler keeps
#[utoipa::path(get, path = "/handlers/{name}/state/{key}", tag = "state", operation_id = "getHandlerState",
    params(("name" = String, Path), ("key" = String, Path), ValueQuery),
    responses((status = 200, content((StateEntryView = "application/json"), (String = "application/octet-stream")))))]
pub(crate) async fn handler_get(
    State(app): State<App>,
    Caller(by): Caller,
    headers: HeaderMap,
    Path((name, key)): Path<(String, String)>,
    Query(query): Query<ValueQuery>,
) -> Reply {
    let scope = StateScope::Handler(name);
    shown(&app, &by, &scope, key, query.format, &headers).await
}

/// Sets a value that a handler keeps
///
/// As JSON, or as the raw bytes (`application/octet-stream` or `text/plain`).
#[utoipa::path(put, path = "/handlers/{name}/state/{key}", tag = "state", operation_id = "setHandlerState",
    params(("name" = String, Path), ("key" = String, Path)),
    request_body(content((wasmtab_service::StateValue = "application/json"), (String = "application/octet-stream"))),
    responses((status = 200, body = StateEntryView)))]
pub(crate) async fn handler_set(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, key)): Path<(String, String)>,
    StateBody(value): StateBody,
) -> Reply<Json<StateEntryView>> {
    let scope = StateScope::Handler(name);
    Ok(Json(app.service.set_state(&by, &scope, &key, value).await?))
}

/// Removes a value that a handler keeps
#[utoipa::path(delete, path = "/handlers/{name}/state/{key}", tag = "state", operation_id = "deleteHandlerState",
    params(("name" = String, Path), ("key" = String, Path)), responses((status = 204)))]
pub(crate) async fn handler_delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, key)): Path<(String, String)>,
) -> Reply<StatusCode> {
    let scope = StateScope::Handler(name);
    app.service.delete_state(&by, &scope, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn of_job(id: &str) -> Reply<StateScope> {
    Ok(StateScope::Job(job_id(id)?))
}

async fn shown(
    app: &App,
    by: &Principal,
    scope: &StateScope,
    key: String,
    format: Option<ValueFormat>,
    headers: &HeaderMap,
) -> Reply<Response> {
    let value = app.service.state_value(by, scope, &key).await?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let likes_bytes =
        || accepted.is_some_and(|kinds| kinds.trim_start().starts_with("application/octet-stream"));
    Ok(match format {
        Some(ValueFormat::Raw) => raw(value),
        None if likes_bytes() => raw(value),
        _ => Json(StateEntryView::new(key, value)).into_response(),
    })
}

fn raw(value: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], value).into_response()
}
