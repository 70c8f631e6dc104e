//! `/plugins`

use axum::{
    Json,
    extract::{Path, Query, State},
};
use wasmtab_service::{
    PageQuery,
    view::{InspectionView, ListView, PluginView, VersionView},
};

use crate::{app::App, auth::Caller, extract::Wasm, reply::Reply};

/// Lists plugins
#[utoipa::path(get, path = "/plugins", tag = "plugins", operation_id = "listPlugins", params(PageQuery),
    responses((status = 200, body = ListView<PluginView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<PluginView>>> {
    Ok(Json(app.service.plugins(&by, &query).await?))
}

/// Shows a plugin with its activations
#[utoipa::path(get, path = "/plugins/{name}", tag = "plugins", operation_id = "getPlugin", params(("name" = String, Path)),
    responses((status = 200, body = PluginView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<Json<PluginView>> {
    Ok(Json(app.service.plugin(&by, &name).await?))
}

/// Says what a file is
///
/// Nothing of it runs and nothing is kept.
#[utoipa::path(post, path = "/plugins:inspect", tag = "plugins", operation_id = "inspectPlugin",
    request_body(content = String, content_type = "application/wasm"), responses((status = 200, body = InspectionView)))]
pub(crate) async fn inspect(
    State(app): State<App>,
    Caller(by): Caller,
    Wasm(content): Wasm,
) -> Reply<Json<InspectionView>> {
    Ok(Json(app.service.inspect(&by, content).await?))
}

/// Makes the version active again that was so before
#[utoipa::path(post, path = "/plugins/{name}/rollback", tag = "plugins", operation_id = "rollbackPlugin",
    params(("name" = String, Path)), responses((status = 200, body = VersionView)))]
pub(crate) async fn rollback(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<Json<VersionView>> {
    Ok(Json(app.service.rollback(&by, &name).await?))
}
