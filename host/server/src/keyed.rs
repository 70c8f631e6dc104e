//! `Idempotency-Key`: the same request again gets the same answer and is not done again.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wasmtab_service::{KeyedReply, Principal, Service};

use crate::{problem::Problem, reply::Reply};

/// What the request says of itself besides its body.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    key: Option<String>,
    address: String,
}

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Box<Problem>> {
        let key = match parts.headers.get("idempotency-key").map(HeaderValue::to_str) {
            None => None,
            Some(Ok(key)) => Some(key.to_owned()),
            Some(Err(_)) => {
                let detail = "Idempotency-Key: must be visible ASCII";
                return Err(Problem::of_status(StatusCode::BAD_REQUEST, detail));
            }
        };
        // Without the address under which the API is mounted: the endpoint and its parameters are what counts.
        Ok(Self {
            key,
            address: format!("{} {}", parts.method, parts.uri),
        })
    }
}

/// An answer that can be kept.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: &impl Serialize) -> Reply<Self> {
        let body = serde_json::to_string(body).map_err(|error| Problem::fault(error.to_string()))?;
        Ok(Self { status, body })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (self.status, [kind], self.body).into_response()
    }
}

impl Key {
    /// Does `work` unless it was done under this key. `body` is what the request said.
    pub(crate) async fn once(
        self,
        service: &Service,
        by: &Principal,
        body: &[u8],
        work: impl Future<Output = Reply<Answer>>,
    ) -> Reply<Answer> {
        let Some(key) = &self.key else { return work.await };
        let hash = self.hash(body);
        let request = match service.take_key(by, &self.address, key, hash).await? {
            KeyedReply::Known(status, body) => {
                let status =
                    StatusCode::from_u16(status).map_err(|error| Problem::fault(error.to_string()))?;
                return Ok(Answer { status, body });
            }
            KeyedReply::New(request) => request,
        };
        let answer = work.await;
        let kept = answer
            .as_ref()
            .ok()
            .map(|answer| (answer.status.as_u16(), answer.body.clone()));
        if let Err(error) = service.keep_reply(&request, kept).await {
            // What was done was done; a repetition will hear that its first request is still under way.
            tracing::error!(%error, address = %self.address, "the reply to {} could not be kept: {error}", self.address);
        }
        answer
    }

    fn hash(&self, body: &[u8]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.address.as_bytes());
        hash.update([0]);
        hash.update(body);
        wasmtab_domain::digest::Digest(hash.finalize().into()).to_string()
    }
}
