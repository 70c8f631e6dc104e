//! Answers.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::Problem;

/// The outcome of an endpoint.
pub(crate) type Reply<T = Response> = Result<T, Box<Problem>>;

/// A thing with its revision as the ETag.
pub(crate) fn tagged(status: StatusCode, revision: i64, body: &impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    // A number in quotes is always a header's value.
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The same for a new thing, with its address.
pub(crate) fn created(revision: i64, location: &str, body: &impl Serialize) -> Response {
    located(tagged(StatusCode::CREATED, revision, body), location)
}

/// Says where what was made is found.
pub(crate) fn located(mut response: Response, location: &str) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
