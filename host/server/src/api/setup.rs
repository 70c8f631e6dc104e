//! `/setup`

use axum::{Json, extract::State, http::StatusCode};
use wasmtab_service::{SetupRequest, view::NewTokenView};

use crate::{app::App, extract, reply::Reply};

/// Makes the first administrator
///
/// With the code that the server printed when it started; it works once. The answer shows the token this once.
#[utoipa::path(post, path = "/setup", tag = "access", operation_id = "setup", request_body = SetupRequest,
    responses((status = 201, body = NewTokenView)))]
pub(crate) async fn setup(
    State(app): State<App>,
    extract::Json(request): extract::Json<SetupRequest>,
) -> Reply<(StatusCode, Json<NewTokenView>)> {
    Ok((StatusCode::CREATED, Json(app.service.setup(request).await?)))
}
