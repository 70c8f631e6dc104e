//! Who asks.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use wasmtab_service::{Principal, ServiceError};

use crate::{app::App, problem::Problem};

/// Refuses requests without a good token before anything else of them is looked at.
pub(crate) async fn require_token(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Box<Problem>> {
    let principal = principal(&app, request.headers()).await?;
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

/// Who bears the token of a request with these headers.
pub(crate) async fn principal(app: &App, headers: &HeaderMap) -> Result<Principal, ServiceError> {
    let token = bearer(headers).ok_or(ServiceError::Unauthorized)?;
    app.service.authenticate(token).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
        .filter(|token| !token.is_empty())
}

/// The principal whose token the request bears.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Principal);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Box<Problem>> {
        let principal = parts.extensions.get::<Principal>().cloned();
        principal
            .map(Self)
            .ok_or_else(|| ServiceError::Unauthorized.into())
    }
}

/// The token that the request bears, whatever it is good for.
#[derive(Debug)]
pub(crate) struct Bearer(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Box<Problem>> {
        bearer(&parts.headers)
            .map(|token| Self(token.to_owned()))
            .ok_or_else(|| ServiceError::Unauthorized.into())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_bearer_token_counts() {
        let of = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of("Bearer abc"), Some("abc".into()));
        assert_eq!(of("bearer  abc "), Some("abc".into()));
        for other in ["Basic abc", "abc", "Bearer ", "Bearer"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
