//! `/logs`: attempts, and what they wrote.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use wasmtab_service::{
    AttemptQuery,
    view::{AttemptView, ListView, LogView},
};

use crate::{app::App, auth::Caller, extract::attempt_id, reply::Reply};

/// How a log is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Line by line, with what was cut.
    Json,
    /// As plain text.
    Text,
}

/// How to show it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinesQuery {
    /// `json` or `text`; by `Accept` unless said.
    #[param(inline)]
    format: Option<LogFormat>,
}

/// Lists attempts and skipped fires
///
/// Newest first.
#[utoipa::path(get, path = "/logs", tag = "runs", operation_id = "listAttempts", params(AttemptQuery),
    responses((status = 200, body = ListView<AttemptView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<AttemptQuery>,
) -> Reply<Json<ListView<AttemptView>>> {
    Ok(Json(app.service.attempts(&by, &query).await?))
}

/// Shows an attempt
#[utoipa::path(get, path = "/logs/{id}", tag = "runs", operation_id = "getAttempt", params(("id" = String, Path)),
    responses((status = 200, body = AttemptView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
) -> Reply<Json<AttemptView>> {
    Ok(Json(app.service.attempt(&by, attempt_id(&id)?).await?))
}

/// Shows what an attempt wrote
#[utoipa::path(get, path = "/logs/{id}/lines", tag = "runs", operation_id = "getAttemptLog",
    params(("id" = String, Path), LinesQuery),
    responses((status = 200, content((LogView = "application/json"), (String = "text/plain")))))]
pub(crate) async fn lines(
    State(app): State<App>,
    Caller(by): Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<LinesQuery>,
) -> Reply {
    let log = app.service.attempt_log(&by, attempt_id(&id)?).await?;
    Ok(shown(&log, query.format, &headers))
}

/// The log in the form that was asked for.
pub(super) fn shown(log: &LogView, format: Option<LogFormat>, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let likes_text = || accepted.is_some_and(|kinds| kinds.trim_start().starts_with("text/plain"));
    match format {
        Some(LogFormat::Text) => text(log),
        None if likes_text() => text(log),
        _ => Json(log).into_response(),
    }
}

fn text(log: &LogView) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        log.to_text(),
    )
        .into_response()
}
