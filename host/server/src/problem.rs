//! Refusals and failures as RFC 9457 has them.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_service::ServiceError;

/// Why a request was not done: `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable: `urn:wasmtab:problem:` and a word.
    #[schema(example = "urn:wasmtab:problem:invalid")]
    pub r#type: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// The request, as the server's log has it and the header `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The run that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Names of what is in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The revision that the thing has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<i64>,
    /// Which kind of refusal an upload met: `notWasm`, `precompiled`, `wrongWorld`, `tooLarge`, `unsupported`, `compile`, `describe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What only the server's log is told.
    #[serde(skip)]
    pub(crate) cause: Option<String>,
}

/// One wrong field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// A JSON pointer into the body; empty for the body as a whole, or for a parameter or header that the detail names.
    pub pointer: String,
    /// A sentence that names the field.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, word: &str, title: &str, detail: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            r#type: format!("urn:wasmtab:problem:{word}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            request_id: None,
            errors: Vec::new(),
            run_id: None,
            names: Vec::new(),
            current_revision: None,
            refusal: None,
            cause: None,
        })
    }

    /// A fault of the server's own.
    pub(crate) fn fault(cause: impl Into<String>) -> Box<Self> {
        let detail = "the server failed; its log says more under the request id";
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
            detail,
        );
        problem.cause = Some(cause.into());
        problem
    }

    /// What a status means where nothing more is known: an answer of the framework's own.
    pub(crate) fn of_status(status: StatusCode, detail: &str) -> Box<Self> {
        let (word, advice) = match status {
            StatusCode::NOT_FOUND => ("not-found", "there is nothing at this address"),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method-not-allowed", "this address does not take this method")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "the body is larger than what is taken here"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported-media-type", "the content type is not taken here")
            }
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "the input is not valid"),
            status if status.is_server_error() => return Self::fault(detail),
            _ => ("bad-request", "the request is malformed"),
        };
        let detail = if detail.trim().is_empty() || status == StatusCode::PAYLOAD_TOO_LARGE {
            advice
        } else {
            detail.trim()
        };
        Self::new(
            status,
            word,
            status.canonical_reason().unwrap_or("Refused"),
            detail,
        )
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body, once the request's id is known.
    pub(crate) fn to_body(&self) -> Body {
        // Texts, numbers and lists always have a JSON form.
        Body::from(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl IntoResponse for Problem {
    /// The body is left to the request's own layer, which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status_code().into_response();
        if self.status_code() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"wasmtab\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Box<Problem> {
    fn into_response(self) -> Response {
        (*self).into_response()
    }
}

impl From<ServiceError> for Box<Problem> {
    fn from(error: ServiceError) -> Self {
        let (detail, word) = (error.to_string(), error.slug());
        match error {
            ServiceError::Unauthorized => {
                Problem::new(StatusCode::UNAUTHORIZED, word, "Unauthorized", detail)
            }
            ServiceError::Forbidden { .. } => {
                Problem::new(StatusCode::FORBIDDEN, word, "Not allowed", detail)
            }
            ServiceError::NotFound { .. } => Problem::new(StatusCode::NOT_FOUND, word, "Not found", detail),
            ServiceError::Invalid(wrong) => {
                let field = |error: wasmtab_domain::field::FieldError| FieldProblem {
                    pointer: error.pointer,
                    detail: error.detail,
                };
                let mut problem = Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    word,
                    "The input is not valid",
                    detail,
                );
                problem.errors = wrong.0.into_iter().map(field).collect();
                problem
            }
            ServiceError::UploadRefused { kind, .. } => {
                let title = "The upload is refused";
                let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, word, title, detail);
                problem.refusal = Some(kind);
                problem
            }
            ServiceError::Conflict(conflict) => {
                let title = "The present state is in the way";
                let mut problem = Problem::new(StatusCode::CONFLICT, word, title, detail);
                problem.run_id = conflict.run_id.map(|id| id.to_string());
                problem.names = conflict.names;
                problem
            }
            ServiceError::PreconditionRequired => Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                word,
                "If-Match is required",
                detail,
            ),
            ServiceError::PreconditionFailed { current } => {
                let mut problem =
                    Problem::new(StatusCode::PRECONDITION_FAILED, word, "Changed meanwhile", detail);
                problem.current_revision = current;
                problem
            }
            ServiceError::TooLarge { .. } => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, word, "Too large", detail)
            }
            ServiceError::BadCursor => {
                Problem::new(StatusCode::BAD_REQUEST, word, "The cursor is not valid", detail)
            }
            ServiceError::Unavailable(_) => unavailable(detail),
            ServiceError::Store(error @ wasmtab_service::StoreError::Transient(_)) => {
                unavailable(error.to_string())
            }
            ServiceError::Store(error) => Problem::fault(error.to_string()),
        }
    }
}

fn unavailable(cause: String) -> Box<Problem> {
    let detail = "the server cannot do it now; try again soon";
    let mut problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Not available",
        detail,
    );
    problem.cause = Some(cause);
    problem
}
