//! One request and its reply.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde_json::Value;

use super::{Client, problem};
use crate::exit::{Exit, Failure};

/// How long an answer may take, unless the request says otherwise.
const ANSWER: Duration = Duration::from_mins(1);

/// A request that is being put together.
pub(crate) struct Request<'a> {
    client: &'a Client,
    url: Url,
    builder: RequestBuilder,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The HTTP status, a success.
    pub(crate) status: u16,
    /// The entity's tag, for `If-Match`.
    pub(crate) etag: Option<String>,
    /// The body; null where there is none.
    pub(crate) body: Value,
}

impl Reply {
    /// The entity's tag, which an edit has to name.
    pub(crate) fn tag(&self) -> Result<String, Failure> {
        self.etag
            .clone()
            .ok_or_else(|| Failure::own("the server answered without an ETag where an edit needs one"))
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(client: &'a Client, method: Method, url: Url) -> Self {
        let mut builder = client
            .http
            .request(method, url.clone())
            .header(header::ACCEPT, "application/json, application/problem+json")
            .timeout(ANSWER);
        if let Some(token) = &client.token {
            builder = builder.bearer_auth(token);
        }
        Self { client, url, builder }
    }

    /// Adds a parameter.
    #[must_use]
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.query(&[(name, value)]);
        self
    }

    /// Adds a parameter that was given.
    #[must_use]
    pub(crate) fn query_opt(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sends JSON.
    #[must_use]
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// Sends a component's bytes.
    #[must_use]
    pub(crate) fn wasm(mut self, bytes: Vec<u8>) -> Self {
        self.builder = self
            .builder
            .header(header::CONTENT_TYPE, "application/wasm")
            .body(bytes);
        self
    }

    /// Sends bytes that are nothing in particular.
    #[must_use]
    pub(crate) fn octets(mut self, bytes: Vec<u8>) -> Self {
        self.builder = self
            .builder
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(bytes);
        self
    }

    /// Only if the entity still bears this tag.
    #[must_use]
    pub(crate) fn if_match(mut self, etag: &str) -> Self {
        self.builder = self.builder.header(header::IF_MATCH, etag);
        self
    }

    /// The same key again gets the same answer.
    #[must_use]
    pub(crate) fn idempotency_key(mut self, key: Option<&str>) -> Self {
        if let Some(key) = key {
            self.builder = self.builder.header("Idempotency-Key", key);
        }
        self
    }

    /// How long the answer may take.
    #[must_use]
    pub(crate) fn within(mut self, time: Duration) -> Self {
        self.builder = self.builder.timeout(time);
        self
    }

    /// Sends it, for a body that is no JSON.
    pub(crate) async fn bytes(self) -> Result<Vec<u8>, Failure> {
        let server = self.client.base.clone();
        let bytes = self.answer().await?.bytes().await;
        bytes
            .map(Into::into)
            .map_err(|error| unreachable(&server, &error))
    }

    /// Sends it, and leaves the body to the caller. A refusal is a failure that says what the server said.
    pub(crate) async fn answer(self) -> Result<Response, Failure> {
        let server = &self.client.base;
        let response = self
            .builder
            .send()
            .await
            .map_err(|error| unreachable(server, &error))?;
        let status = response.status().as_u16();
        if Exit::of_status(status) == Exit::Done {
            return Ok(response);
        }
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable(server, &error))?;
        let body = serde_json::from_slice::<Value>(&bytes).ok();
        Err(problem::failure(
            status,
            body.as_ref(),
            self.client.token.is_some(),
        ))
    }

    /// Sends it. A refusal is a failure that says what the server said.
    pub(crate) async fn send(self) -> Result<Reply, Failure> {
        let (server, url) = (self.client.base.clone(), self.url.clone());
        let response = self.answer().await?;
        let status = response.status().as_u16();
        let etag = response
            .headers()
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok())
            .map(str::to_owned);
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable(&server, &error))?;
        if bytes.is_empty() {
            return Ok(Reply {
                status,
                etag,
                body: Value::Null,
            });
        }
        match serde_json::from_slice(&bytes) {
            Ok(body) => Ok(Reply { status, etag, body }),
            Err(_) => Err(Failure::own(format!(
                "{url} did not answer with JSON; is it a wasmtab server?"
            ))),
        }
    }
}

/// The innermost cause says what happened; the layers above it only where.
fn unreachable(server: &Url, error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        return Failure::usage(format!("the request cannot be made: {}", innermost(error)));
    }
    if error.is_timeout() && !error.is_connect() {
        return Failure::own(format!("{server} did not answer in time"));
    }
    Failure::own(format!("no server answers at {server}: {}", innermost(error))).with(
        "start one with `wasmtab serve` or `wasmtab demo`, or name another by --server or WASMTAB_SERVER",
    )
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
