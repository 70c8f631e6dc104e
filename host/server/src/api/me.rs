//! `/me`

use axum::{Json, extract::State};
use wasmtab_service::view::MeView;

use crate::{app::App, auth::Caller};

/// Says who asks
#[utoipa::path(get, path = "/me", tag = "access", operation_id = "getMe", responses((status = 200, body = MeView)))]
pub(crate) async fn me(State(app): State<App>, Caller(by): Caller) -> Json<MeView> {
    Json(app.service.me(&by))
}
