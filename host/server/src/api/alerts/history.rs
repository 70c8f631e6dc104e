//! `/alerts/history`

use axum::{
    Json,
    extract::{Path, Query, State},
};
use wasmtab_service::{
    DeliveryQuery,
    view::{DeliveryView, ListView},
};

use crate::{app::App, auth::Caller, extract::delivery_id, reply::Reply};

/// Lists messages
///
/// Newest first.
#[utoipa::path(get, path = "/alerts/history", tag = "alerts", operation_id = "listAlertDeliveries", params(DeliveryQuery),
    responses((status = 200, body = ListView<DeliveryView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<DeliveryQuery>,
) -> Reply<Json<ListView<DeliveryView>>> {
    Ok(Json(app.service.deliveries(&by, &query).await?))
}

/// Shows a message, with what it says
#[utoipa::path(get, path = "/alerts/history/{id}", tag = "alerts", operation_id = "getAlertDelivery",
    params(("id" = String, Path)), responses((status = 200, body = DeliveryView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
) -> Reply<Json<DeliveryView>> {
    Ok(Json(app.service.delivery(&by, delivery_id(&id)?).await?))
}
