//! `/audit`

use axum::{
    Json,
    extract::{Query, State},
};
use wasmtab_service::{
    PageQuery,
    view::{AuditView, ListView},
};

use crate::{app::App, auth::Caller, reply::Reply};

/// Lists what was done
///
/// Newest first.
#[utoipa::path(get, path = "/audit", tag = "access", operation_id = "listAudit", params(PageQuery),
    responses((status = 200, body = ListView<AuditView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<AuditView>>> {
    Ok(Json(app.service.audit_log(&by, &query).await?))
}
