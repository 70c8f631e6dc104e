//! `/plugins/{name}/versions`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use wasmtab_service::{
    PageQuery, Push,
    view::{ListView, VersionView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::Wasm,
    keyed::{Answer, Key},
    reply::Reply,
};

/// What becomes of an upload.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PushQuery {
    /// A unique label.
    label: Option<String>,
    /// Whether the version shall be active at once.
    activate: Option<bool>,
}

/// Lists a plugin's versions
///
/// Newest first.
#[utoipa::path(get, path = "/plugins/{name}/versions", tag = "plugins", operation_id = "listVersions",
    params(("name" = String, Path), PageQuery), responses((status = 200, body = ListView<VersionView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<VersionView>>> {
    Ok(Json(app.service.versions(&by, &name, &query).await?))
}

/// Uploads a version
///
/// The body is the .wasm file itself. The same file again is the version that is there (200 rather than 201). Unless `activate` says
/// so, nothing that runs changes.
#[utoipa::path(post, path = "/plugins/{name}/versions", tag = "plugins", operation_id = "pushVersion",
    params(("name" = String, Path), PushQuery, ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = String, content_type = "application/wasm"),
    responses((status = 201, body = VersionView), (status = 200, body = VersionView)))]
pub(crate) async fn push(
    State(app): State<App>,
    Caller(by): Caller,
    key: Key,
    Path(name): Path<String>,
    Query(query): Query<PushQuery>,
    Wasm(content): Wasm,
) -> Reply {
    let raw = content.clone();
    let push = Push {
        plugin: name,
        label: query.label,
        activate: query.activate.unwrap_or(false),
        content,
    };
    let work = async {
        let (version, created) = app.service.push(&by, push).await?;
        Answer::new(
            if created {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            },
            &version,
        )
    };
    Ok(key.once(&app.service, &by, &raw, work).await?.into_response())
}

/// Shows a version
#[utoipa::path(get, path = "/plugins/{name}/versions/{version}", tag = "plugins", operation_id = "getVersion",
    params(("name" = String, Path), ("version" = String, Path, description = "Its number or label")),
    responses((status = 200, body = VersionView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, version)): Path<(String, String)>,
) -> Reply<Json<VersionView>> {
    Ok(Json(app.service.version(&by, &name, &version).await?))
}

/// Deletes a version
///
/// One that is active or that a handler resolves to is refused.
#[utoipa::path(delete, path = "/plugins/{name}/versions/{version}", tag = "plugins", operation_id = "deleteVersion",
    params(("name" = String, Path), ("version" = String, Path, description = "Its number or label")),
    responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, version)): Path<(String, String)>,
) -> Reply<StatusCode> {
    app.service.delete_version(&by, &name, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Activates a version
///
/// Every attempt that begins from now on runs it; attempts under way finish on theirs.
#[utoipa::path(post, path = "/plugins/{name}/versions/{version}/activate", tag = "plugins", operation_id = "activateVersion",
    params(("name" = String, Path), ("version" = String, Path, description = "Its number or label")),
    responses((status = 200, body = VersionView)))]
pub(crate) async fn activate(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, version)): Path<(String, String)>,
) -> Reply<Json<VersionView>> {
    Ok(Json(app.service.activate(&by, &name, &version).await?))
}

/// Downloads a version's file as it was uploaded
#[utoipa::path(get, path = "/plugins/{name}/versions/{version}/content", tag = "plugins", operation_id = "getVersionContent",
    params(("name" = String, Path), ("version" = String, Path, description = "Its number or label")),
    responses((status = 200, content_type = "application/wasm", body = String)))]
pub(crate) async fn content(
    State(app): State<App>,
    Caller(by): Caller,
    Path((name, version)): Path<(String, String)>,
) -> Reply<Response> {
    let (content, digest) = app.service.content(&by, &name, &version).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/wasm".to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
    ];
    Ok((headers, content).into_response())
}
