//! A small blocking HTTP client over `wasi:http`.
//!
//! ```no_run
//! # use wasmtab_sdk::prelude::*;
//! # use std::time::Duration;
//! # fn example() -> Result<(), Failure> {
//! let answer = http::get("https://api.example.com/orders?page=2")
//!     .header("accept", "application/json")
//!     .timeout(Duration::from_secs(10))
//!     .send()?
//!     .error_for_status()?
//!     .json::<Value>()?;
//! # let _ = answer; Ok(())
//! # }
//! ```
//!
//! A handler reaches only the hosts that were granted to it. Redirects are not followed: a 3xx is an answer like any other.
//! A request ends at its timeout (30 s unless it says otherwise) and a body at its limit (8 MiB unless it says otherwise).

mod error;
mod url;
#[cfg(target_family = "wasm")]
mod wasi;

pub use error::Error;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// From the first byte sent to the last one received, unless a request says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The response body's limit in bytes, unless a request says otherwise.
pub const DEFAULT_MAX_BODY: usize = 8 * 1024 * 1024;

/// Begins a GET.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url)
}

/// Begins a POST.
pub fn post(url: impl Into<String>) -> Request {
    Request::new("POST", url)
}

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Result<Vec<u8>, String>,
    timeout: Duration,
    max_body: usize,
}

impl Request {
    /// Begins a request with any method.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Ok(Vec::new()),
            timeout: DEFAULT_TIMEOUT,
            max_body: DEFAULT_MAX_BODY,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sets the body as it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Ok(body.into());
        self
    }

    /// Sets the body as JSON, with its content type. A value without a JSON form is an error of [`send`](Self::send).
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.body = serde_json::to_vec(value).map_err(|error| error.to_string());
        self.header("content-type", "application/json")
    }

    /// Bounds the whole exchange, body included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds the response body, in bytes. A longer one is an error, never a cut one.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sends it and reads the whole answer. Any status is an answer; see [`Response::error_for_status`].
    pub fn send(self) -> Result<Response, Error> {
        let url = url::Url::parse(&self.url)?;
        let body = self.body.clone().map_err(Error::BadRequest)?;
        #[cfg(target_family = "wasm")]
        return wasi::send(&self, &url, &body);
        #[cfg(not(target_family = "wasm"))]
        return Err(Error::Failed(format!(
            "{} {}{} with {} bytes: outside a component there is no client",
            self.method,
            url.authority,
            url.path_with_query,
            body.len()
        )));
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// An answer made by hand, for tests.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body from JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(Error::Json)
    }

    /// An error, with the beginning of the body, unless the status is 200 to 299.
    pub fn error_for_status(self) -> Result<Self, Error> {
        if self.is_success() {
            return Ok(self);
        }
        let body: String = self.text().chars().take(200).collect();
        Err(Error::Status {
            status: self.status,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Response {
        Response::new(
            status,
            vec![("Content-Type".into(), "text/plain".into())],
            b"no such page".to_vec(),
        )
    }

    #[test]
    fn a_status_is_an_error_only_where_asked() {
        let error = answer(404).error_for_status().unwrap_err();
        assert_eq!(error.to_string(), "http: status 404: no such page");
        assert!(answer(204).error_for_status().is_ok());
    }

    #[test]
    fn header_names_ignore_case() {
        assert_eq!(answer(200).header("content-type"), Some("text/plain"));
        assert_eq!(answer(200).header("accept"), None);
    }

    #[test]
    fn a_bad_url_is_refused_before_anything_is_sent() {
        let error = get("ftp://example.com/").send().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"http: the URL "ftp://example.com/": the scheme is neither http nor https"#
        );
    }
}
