//! What happens around every request: an id, one shape for every refusal, one line in the log, no half-done writes.

use std::{any::Any, time::Instant};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt as _, Limited};
use rand::{TryRngCore as _, rngs::OsRng};

use crate::problem::Problem;

/// The header with the request's id, on requests and answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that a client may choose.
const ID_BYTES: usize = 128;
/// Bytes of a framework's refusal that become the detail.
const REFUSAL_BYTES: usize = 4 * 1024;

/// The outermost layer.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = if method.is_safe() {
        next.run(request).await
    } else {
        // A client that goes away does not leave a use-case half done: the work goes on in a task of its own.
        match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(error) => Problem::fault(error.to_string()).into_response(),
        }
    };
    let mut response = explained(response, &id, &method, &path).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let (status, millis) = (response.status().as_u16(), begun.elapsed().as_millis());
    tracing::debug!(request_id = %id, %method, %path, status, millis, "{method} {path}: {status}");
    response
}

/// What a panic in a handler becomes.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer that catches panics gives the box away"
)]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::fault(format!("panic: {}", text.unwrap_or("without a text"))).into_response()
}

/// Gives a refusal its body, whoever made it.
async fn explained(response: Response, id: &str, method: &Method, path: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let mut problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => Box::new(problem),
        None => of_framework(status, body).await,
    };
    problem.request_id = Some(id.to_owned());
    if let Some(cause) = &problem.cause {
        tracing::error!(request_id = %id, %method, %path, %status, %cause, "{method} {path} failed ({id}): {cause}");
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    Response::from_parts(parts, problem.to_body())
}

async fn of_framework(status: StatusCode, body: Body) -> Box<Problem> {
    let text = match Limited::new(body, REFUSAL_BYTES).collect().await {
        Ok(collected) => String::from_utf8_lossy(&collected.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    Problem::of_status(status, &text)
}

/// The client's own id where it is harmless, else a new one.
fn request_id(request: &Request) -> String {
    let said = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let harmless = |id: &&str| {
        (1..=ID_BYTES).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\<>".contains(&byte))
    };
    // Without randomness ids would be alike, which costs only their use.
    said.filter(harmless).map_or_else(
        || format!("{:016x}", OsRng.try_next_u64().unwrap_or_default()),
        str::to_owned,
    )
}
