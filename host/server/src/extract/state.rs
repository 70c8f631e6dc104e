use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};
use wasmtab_service::StateValue;

use super::{body, content_type, json};
use crate::problem::Problem;

/// A value of a handler's state: raw bytes, or JSON that stands for them.
#[derive(Clone, Debug)]
pub(crate) struct StateBody(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for StateBody {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Box<Problem>> {
        let headers = request.headers().clone();
        match content_type(&headers).as_deref() {
            Some("application/octet-stream" | "text/plain") => Ok(Self(body(request, state).await?.into())),
            Some(kind) if json::is_json(kind) => {
                let value: StateValue = json::read(&headers, &body(request, state).await?)?;
                Ok(Self(value.into_bytes()?))
            }
            _ => {
                let detail = "the body must be the value's bytes (send `Content-Type: application/octet-stream`) or JSON \
                              like {\"text\": \"…\"} or {\"base64\": \"…\"}";
                Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
            }
        }
    }
}
