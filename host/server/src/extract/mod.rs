//! What endpoints read from a request.

mod if_match;
mod json;
mod language;
mod path;
mod state;
mod wasm;

pub(crate) use self::{
    if_match::IfMatch,
    json::{Json, JsonAndRaw, JsonOrDefault},
    language::Language,
    path::{attempt_id, delivery_id, job_id, run_id, silence_id, token_id},
    state::StateBody,
    wasm::Wasm,
};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::IntoResponse as _,
};
use http_body_util::{BodyExt as _, Collected};

use crate::problem::Problem;

/// The whole body, as far as the route's limit takes it.
async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Box<Problem>> {
    match Bytes::from_request(request, state).await {
        Ok(bytes) => Ok(bytes),
        Err(rejection) => {
            let status = rejection.status();
            let text = rejection.into_response().into_body().collect().await;
            let text = text.map(Collected::to_bytes).unwrap_or_default();
            Err(Problem::of_status(status, &String::from_utf8_lossy(&text)))
        }
    }
}

/// The content type without its parameters, in lower case.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(
        value
            .split(';')
            .next()
            .unwrap_or(value)
            .trim()
            .to_ascii_lowercase(),
    )
}
