//! `/tokens`

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use wasmtab_service::{
    PageQuery, TokenRequest,
    view::{ListView, NewTokenView, TokenView},
};

use crate::{
    app::App,
    auth::Caller,
    extract::{self, token_id},
    reply::Reply,
};

/// Lists tokens
#[utoipa::path(get, path = "/tokens", tag = "access", operation_id = "listTokens", params(PageQuery),
    responses((status = 200, body = ListView<TokenView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(by): Caller,
    Query(query): Query<PageQuery>,
) -> Reply<Json<ListView<TokenView>>> {
    Ok(Json(app.service.tokens(&by, &query).await?))
}

/// Creates a token
///
/// The token itself is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "access", operation_id = "createToken", request_body = TokenRequest,
    responses((status = 201, body = NewTokenView)))]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(by): Caller,
    extract::Json(request): extract::Json<TokenRequest>,
) -> Reply<(StatusCode, Json<NewTokenView>)> {
    Ok((
        StatusCode::CREATED,
        Json(app.service.create_token(&by, request).await?),
    ))
}

/// Ends a token
#[utoipa::path(delete, path = "/tokens/{id}", tag = "access", operation_id = "deleteToken", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(by): Caller,
    Path(id): Path<String>,
) -> Reply<StatusCode> {
    app.service.delete_token(&by, token_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
