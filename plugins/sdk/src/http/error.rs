//! Why a request got no answer, or not the one that was wanted.

use std::fmt;
use std::time::Duration;

/// Why a request failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not one that can be asked.
    BadUrl {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The method, a header or the body is not one that can be sent.
    BadRequest(String),
    /// The host does not let this handler reach that address: a grant is missing.
    Denied(String),
    /// No complete answer within the request's time.
    TimedOut(Duration),
    /// The answer's body is longer than the request allows, in bytes.
    TooLarge(usize),
    /// No connection, or one that broke.
    Failed(String),
    /// The status is not 200 to 299, and the handler wanted that.
    Status {
        /// The status code.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The body is not the JSON that the handler wanted.
    Json(serde_json::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("http: ")?;
        match self {
            Self::BadUrl { url, reason } => write!(formatter, "the URL {url:?}: {reason}"),
            Self::BadRequest(reason) => write!(formatter, "the request: {reason}"),
            Self::Denied(what) => write!(formatter, "not granted: {what}"),
            Self::TimedOut(after) => write!(formatter, "no complete answer within {after:?}"),
            Self::TooLarge(limit) => write!(formatter, "the answer is longer than {limit} bytes"),
            Self::Failed(reason) => formatter.write_str(reason),
            Self::Status { status, body } if body.is_empty() => write!(formatter, "status {status}"),
            Self::Status { status, body } => write!(formatter, "status {status}: {body}"),
            Self::Json(error) => write!(formatter, "the body is not the JSON expected: {error}"),
        }
    }
}

impl std::error::Error for Error {}
