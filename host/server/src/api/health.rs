//! Whether the process lives, and whether it can serve.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{app::App, problem::Problem};

/// `GET /healthz`: the process answers. It never touches the database.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, and the server is not about to end.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    if app.closing.is_cancelled() {
        let detail = "the server is shutting down";
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Not available",
            detail,
        )
        .into_response();
    }
    match app.service.ready().await {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(error) => Box::<Problem>::from(error).into_response(),
    }
}
