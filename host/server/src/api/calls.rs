//! `/calls`

use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use wasmtab_service::{CallRequest, view::RunView};

use crate::{
    app::App,
    auth::Caller,
    extract::JsonOrDefault,
    keyed::{Answer, Key},
    reply::Reply,
};

/// Calls a handler without a job
///
/// At an instant, after a delay, or at once.
#[utoipa::path(post, path = "/calls", tag = "runs", operation_id = "callHandler", request_body = CallRequest,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 202, body = RunView)))]
pub(crate) async fn call(
    State(app): State<App>,
    Caller(by): Caller,
    key: Key,
    JsonOrDefault(request, raw): JsonOrDefault<CallRequest>,
) -> Reply {
    let work = async { Answer::new(StatusCode::ACCEPTED, &app.service.call(&by, request).await?) };
    Ok(key.once(&app.service, &by, &raw, work).await?.into_response())
}
