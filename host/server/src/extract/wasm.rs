use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};

use super::{body, content_type};
use crate::problem::Problem;

/// A WebAssembly file as the raw body.
#[derive(Clone, Debug)]
pub(crate) struct Wasm(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Wasm {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Box<Problem>> {
        if content_type(request.headers()).as_deref() != Some("application/wasm") {
            let detail = "the body must be the .wasm file itself: send `Content-Type: application/wasm`";
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        body(request, state).await.map(Self)
    }
}
