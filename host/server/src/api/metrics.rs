//! `GET /metrics`

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use wasmtab_service::{Exposition, Role, ServiceError};

use crate::{app::App, auth, problem::Problem, reply::Reply};

/// `GET /metrics`: counts and sizes for Prometheus, no name of anything. It is open like `/healthz` unless the server was told to ask
/// for a token.
pub(crate) async fn metrics(State(app): State<App>, headers: HeaderMap) -> Reply<Response> {
    let Some(metrics) = &app.metrics else {
        return Err(ServiceError::not_found("metrics: they are not counted here").into());
    };
    if app.guard_metrics {
        let by = auth::principal(&app, &headers).await?;
        if by.role < Role::Viewer {
            return Err(ServiceError::Forbidden { needs: Role::Viewer }.into());
        }
    }
    let accepted = headers.get_all(header::ACCEPT).iter();
    let likes_openmetrics = accepted.into_iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|kinds| kinds.contains("application/openmetrics-text"))
    });
    let exposition = if likes_openmetrics {
        Exposition::OpenMetrics
    } else {
        Exposition::Text
    };
    let body = metrics
        .render(exposition)
        .await
        .map_err(|error| Problem::fault(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, exposition.content_type())], body).into_response())
}
