//! `/handlers`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use wasmtab_service::{
    HandlerPatch, HandlerPut, PageQuery,
    view::{HandlerView, ListView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, IfMatch},
    reply::{self, Reply},
};

/// Lists handlers
#[utoipa::path(get, path = "/handlers", tag = "handlers", operation_id = "listHandlers", params(PageQuery),
    responses((status = 200, body = ListView<HandlerView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<HandlerView>>> {
    Ok(Json(app.service.handlers(&by, &query).await?))
}

/// Shows a handler
#[utoipa::path(get, path = "/handlers/{name}", tag = "handlers", operation_id = "getHandler", params(("name" = String, Path)),
    responses((status = 200, body = HandlerView, headers(("etag" = String)))))]
pub(crate) async fn show(State(app): State<App>, Caller(by): Caller, Path(name): Path<String>) -> Reply {
    let handler = app.service.handler(&by, &name).await?;
    Ok(reply::tagged(StatusCode::OK, handler.revision, &handler))
}

/// Binds a handler
///
/// Without `If-Match` the name must not be bound yet.
#[utoipa::path(put, path = "/handlers/{name}", tag = "handlers", operation_id = "putHandler", request_body = HandlerPut,
    params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag of the last GET")),
    responses((status = 200, body = HandlerView), (status = 201, body = HandlerView)))]
pub(crate) async fn put(
    State(app): State<App>,
    Caller(by): Caller,
    IfMatch(expected): IfMatch,
    Path(name): Path<String>,
    extract::Json(put): extract::Json<HandlerPut>,
) -> Reply {
    let (handler, created) = app.service.put_handler(&by, &name, expected, put).await?;
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(reply::tagged(status, handler.revision, &handler))
}

/// Changes a binding
///
/// What is absent stays.
#[utoipa::path(patch, path = "/handlers/{name}", tag = "handlers", operation_id = "patchHandler", request_body = HandlerPatch,
    params(("name" = String, Path), ("If-Match" = String, Header, description = "The ETag of the last GET")),
    responses((status = 200, body = HandlerView)))]
pub(crate) async fn patch(
    State(app): State<App>,
    Caller(by): Caller,
    IfMatch(expected): IfMatch,
    Path(name): Path<String>,
    extract::Json(patch): extract::Json<HandlerPatch>,
) -> Reply {
    let handler = app.service.patch_handler(&by, &name, expected, patch).await?;
    Ok(reply::tagged(StatusCode::OK, handler.revision, &handler))
}

/// Unbinds a handler
///
/// Its grants and secrets are forgotten; attempts that begin from now on end as `noHandler`.
#[utoipa::path(delete, path = "/handlers/{name}", tag = "handlers", operation_id = "deleteHandler",
    params(("name" = String, Path), ("If-Match" = String, Header, description = "The ETag of the last GET")),
    responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    IfMatch(expected): IfMatch,
    Path(name): Path<String>,
) -> Reply<StatusCode> {
    app.service.unbind(&by, &name, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
