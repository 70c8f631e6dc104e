//! `/handlers/{name}/hold` and `/release`

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use wasmtab_service::{HoldBody, view::HandlerView};

use crate::{
    app::App,
    auth::Caller,
    extract::JsonOrDefault,
    reply::{self, Reply},
};

/// Holds a handler
///
/// Attempts go on; nothing new of it begins until it is released. Runs wait, `held` is `handler`.
#[utoipa::path(post, path = "/handlers/{name}/hold", tag = "handlers", operation_id = "holdHandler",
    request_body = Option<HoldBody>, params(("name" = String, Path)),
    responses((status = 200, body = HandlerView, headers(("etag" = String)))))]
pub(crate) async fn hold(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    JsonOrDefault(body, _): JsonOrDefault<HoldBody>,
) -> Reply {
    let handler = app.service.hold_handler(&by, &name, body).await?;
    Ok(reply::tagged(StatusCode::OK, handler.revision, &handler))
}

/// Releases a handler
///
/// What waited for it begins as soon as there is room.
#[utoipa::path(post, path = "/handlers/{name}/release", tag = "handlers", operation_id = "releaseHandler",
    params(("name" = String, Path)), responses((status = 200, body = HandlerView, headers(("etag" = String)))))]
pub(crate) async fn release(State(app): State<App>, Caller(by): Caller, Path(name): Path<String>) -> Reply {
    let handler = app.service.release_handler(&by, &name).await?;
    Ok(reply::tagged(StatusCode::OK, handler.revision, &handler))
}
