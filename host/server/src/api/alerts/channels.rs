//! `/alerts/channels`

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use wasmtab_domain::interval::Interval;
use wasmtab_service::{
    ChannelPut, PageQuery, ServiceError,
    view::{ChannelView, DeliveryView, ListView},
};

use crate::{app::App, auth::Caller, extract, reply::Reply};

/// How long a test waits for what becomes of it, unless said.
const WAIT: Duration = Duration::from_secs(15);
/// The longest that one request waits.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// How long to wait.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// Answer when it was tried, or after this time (`30s`; 60 s at most) as it stands then; 15 s unless said.
    wait: Option<String>,
}

/// Lists channels
///
/// By name.
#[utoipa::path(get, path = "/alerts/channels", tag = "alerts", operation_id = "listAlertChannels", params(PageQuery),
    responses((status = 200, body = ListView<ChannelView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<ChannelView>>> {
    Ok(Json(app.service.channels(&by, &query).await?))
}

/// Shows a channel
#[utoipa::path(get, path = "/alerts/channels/{name}", tag = "alerts", operation_id = "getAlertChannel",
    params(("name" = String, Path)), responses((status = 200, body = ChannelView)))]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<Json<ChannelView>> {
    Ok(Json(app.service.channel(&by, &name).await?))
}

/// Makes or replaces a channel
///
/// What waits for it goes to the new address. A channel that is disabled gives up what waits.
#[utoipa::path(put, path = "/alerts/channels/{name}", tag = "alerts", operation_id = "putAlertChannel",
    request_body = ChannelPut, params(("name" = String, Path)),
    responses((status = 200, body = ChannelView), (status = 201, body = ChannelView)))]
pub(crate) async fn put(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    extract::Json(put): extract::Json<ChannelPut>,
) -> Reply<(StatusCode, Json<ChannelView>)> {
    let (channel, created) = app.service.put_channel(&by, &name, put).await?;
    Ok((super::made(created), Json(channel)))
}

/// Deletes a channel
///
/// Refused while a rule names it. What waits for it is given up.
#[utoipa::path(delete, path = "/alerts/channels/{name}", tag = "alerts", operation_id = "deleteAlertChannel",
    params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Reply<StatusCode> {
    app.service.delete_channel(&by, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tries a channel
///
/// Sends a message that tells of nothing, once, and answers with what became of it.
#[utoipa::path(post, path = "/alerts/channels/{name}/test", tag = "alerts", operation_id = "testAlertChannel",
    params(("name" = String, Path), WaitQuery), responses((status = 200, body = DeliveryView)))]
pub(crate) async fn test(
    State(app): State<App>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Query(query): Query<WaitQuery>,
) -> Reply<Json<DeliveryView>> {
    let wait = match query.wait {
        Some(said) => said
            .parse::<Interval>()
            .map_err(|reason| ServiceError::field("wait", reason))?
            .to_duration()
            .min(MAX_WAIT),
        None => WAIT,
    };
    Ok(Json(app.service.test_channel(&by, &name, wait).await?))
}
