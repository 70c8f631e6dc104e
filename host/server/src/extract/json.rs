use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{body, content_type};
use crate::problem::{FieldProblem, Problem};

/// A JSON body. What is wrong with it is said by JSON pointer.
#[derive(Clone, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The same, and the body as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct JsonAndRaw<T>(pub(crate) T, pub(crate) Bytes);

/// The same where an absent body stands for the default; also the body as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct JsonOrDefault<T>(pub(crate) T, pub(crate) Bytes);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Box<Problem>> {
        let headers = request.headers().clone();
        read(&headers, &body(request, state).await?).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonAndRaw<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Box<Problem>> {
        let headers = request.headers().clone();
        let bytes = body(request, state).await?;
        read(&headers, &bytes).map(|value| Self(value, bytes))
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for JsonOrDefault<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Box<Problem>> {
        let headers = request.headers().clone();
        let bytes = body(request, state).await?;
        let value = if bytes.is_empty() {
            T::default()
        } else {
            read(&headers, &bytes)?
        };
        Ok(Self(value, bytes))
    }
}

/// Whether a content type says that the body is JSON.
pub(super) fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The value that a body of JSON stands for.
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, bytes: &Bytes) -> Result<T, Box<Problem>> {
    if !content_type(headers).is_some_and(|kind| is_json(&kind)) {
        let detail = "the body must be JSON: send `Content-Type: application/json`";
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        refused(error.inner(), pointer)
    })?;
    reader.end().map_err(|error| refused(&error, String::new()))?;
    Ok(value)
}

fn refused(error: &serde_json::Error, pointer: String) -> Box<Problem> {
    if error.classify() != Category::Data {
        let detail = format!("the body is not JSON: {error}");
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-json",
            "The body is not JSON",
            detail,
        );
    }
    let field = pointer.trim_start_matches('/');
    let detail = if field.is_empty() {
        error.to_string()
    } else {
        format!("{field}: {error}")
    };
    let title = "The input is not valid";
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title, detail.clone());
    problem.errors.push(FieldProblem { pointer, detail });
    problem
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}
