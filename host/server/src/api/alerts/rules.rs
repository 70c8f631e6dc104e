//! `/alerts/rules`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use wasmtab_service::{
    PageQuery, RulePut,
    view::{ListView, RuleView},
};

use crate::{app::App, auth::Caller, extract, reply::Reply};

/// Lists rules
///
/// By name.
#[utoipa::path(get, path = "/alerts/rules", tag = "alerts", operation_id = "listAlertRules", params(PageQuery),
    responses((status = 200, body = ListView<RuleView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<RuleView>>> {
    Ok(Json(app.service.rules(&by, &query).await?))
}

/// Shows a rule
#[utoipa::path(get, path = "/alerts/rules/{name}", tag = "alerts", operation_id = "getAlertRule",
    params(("name" = String, Path)), responses((status = 200, body = RuleView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<Json<RuleView>> {
    Ok(Json(app.service.rule(&by, &name).await?))
}

/// Makes or replaces a rule
///
/// It holds for runs that end from now on.
#[utoipa::path(put, path = "/alerts/rules/{name}", tag = "alerts", operation_id = "putAlertRule", request_body = RulePut,
    params(("name" = String, Path)), responses((status = 200, body = RuleView), (status = 201, body = RuleView)))]
pub(crate) async fn put(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    extract::Json(put): extract::Json<RulePut>,
) -> Reply<(StatusCode, Json<RuleView>)> {
    let (rule, created) = app.service.put_rule(&by, &name, put).await?;
    Ok((super::made(created), Json(rule)))
}

/// Deletes a rule
#[utoipa::path(delete, path = "/alerts/rules/{name}", tag = "alerts", operation_id = "deleteAlertRule",
    params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<StatusCode> {
    app.service.delete_rule(&by, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
