//! `/alerts/silences`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use wasmtab_service::{
    PageQuery, SilenceRequest,
    view::{ListView, SilenceView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, silence_id},
    reply::Reply,
};

/// Lists the silences that hold
///
/// The first to end first.
#[utoipa::path(get, path = "/alerts/silences", tag = "alerts", operation_id = "listAlertSilences", params(PageQuery),
    responses((status = 200, body = ListView<SilenceView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<SilenceView>>> {
    Ok(Json(app.service.silences(&by, &query).await?))
}

/// Makes a silence
///
/// Messages that it keeps from being sent are written to the history all the same.
#[utoipa::path(post, path = "/alerts/silences", tag = "alerts", operation_id = "createAlertSilence",
    request_body = SilenceRequest, responses((status = 201, body = SilenceView)))]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(by): Caller,
    extract::Json(request): extract::Json<SilenceRequest>,
) -> Reply<(StatusCode, Json<SilenceView>)> {
    let silence = app.service.create_silence(&by, request).await?;
    Ok((StatusCode::CREATED, Json(silence)))
}

/// Ends a silence
#[utoipa::path(delete, path = "/alerts/silences/{id}", tag = "alerts", operation_id = "endAlertSilence",
    params(("id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
) -> Reply<StatusCode> {
    app.service.end_silence(&by, silence_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
