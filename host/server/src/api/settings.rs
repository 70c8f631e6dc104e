//! `/settings`

use axum::{Json, extract::State};
use wasmtab_service::{SettingsPatch, view::SettingsView};

use crate::{app::App, auth::Caller, extract, reply::Reply};

/// Shows the settings
#[utoipa::path(get, path = "/settings", tag = "access", operation_id = "getSettings",
    responses((status = 200, body = SettingsView)))]
pub(crate) async fn show(State(app): State<App>, Caller(by): Caller) -> Reply<Json<SettingsView>> {
    Ok(Json(app.service.settings(&by).await?))
}

/// Changes settings
///
/// Jobs keep the zone that they have.
#[utoipa::path(patch, path = "/settings", tag = "access", operation_id = "patchSettings", request_body = SettingsPatch,
    responses((status = 200, body = SettingsView)))]
pub(crate) async fn patch(
    State(app): State<App>,
    Caller(by): Caller,
    extract::Json(patch): extract::Json<SettingsPatch>,
) -> Reply<Json<SettingsView>> {
    Ok(Json(app.service.patch_settings(&by, patch).await?))
}
