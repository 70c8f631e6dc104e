//! One exchange over `wasi:http`, bounded in time and size.

use super::url::Url;
use super::{Error, Request, Response};
use std::time::{Duration, Instant};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions,
    Scheme,
};
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{InputStream, StreamError};

/// How much is asked of a stream at once.
const CHUNK: u64 = 64 * 1024;

/// `blocking-write-and-flush` takes no more at once.
const WRITE_CHUNK: usize = 4096;

pub(super) fn send(request: &Request, url: &Url, body: &[u8]) -> Result<Response, Error> {
    let clock = Deadline::after(request.timeout);
    let outgoing = head(request, url, body.len())?;
    let outgoing_body = outgoing
        .body()
        .map_err(|()| Error::Failed("no request body to write to".to_owned()))?;
    let options = RequestOptions::new();
    let nanoseconds = u64::try_from(request.timeout.as_nanos()).unwrap_or(u64::MAX);
    // The host may refuse these; the deadline below holds all the same.
    let _ = options.set_connect_timeout(Some(nanoseconds));
    let _ = options.set_first_byte_timeout(Some(nanoseconds));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds));

    let future = outgoing_handler::handle(outgoing, Some(options)).map_err(|code| explain(request, &code))?;
    // A server may answer without reading: then its answer says more than the broken write.
    let written = write(outgoing_body, body);
    let response = loop {
        match future.get() {
            Some(Ok(answer)) => break answer.map_err(|code| explain(request, &code))?,
            Some(Err(())) => return Err(Error::Failed("the answer was taken twice".to_owned())),
            None => clock.wait(&future.subscribe())?,
        }
    };
    written.or_else(|error| {
        if response.status() >= 400 {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    read(&response, request.max_body, &clock)
}

fn head(request: &Request, url: &Url, length: usize) -> Result<OutgoingRequest, Error> {
    let headers = Fields::new();
    for (name, value) in &request.headers {
        headers
            .append(name, value.as_bytes())
            .map_err(|error| Error::BadRequest(format!("header {name:?}: {error}")))?;
    }
    if length > 0 && !headers.has("content-length") {
        headers
            .append("content-length", length.to_string().as_bytes())
            .map_err(|error| Error::BadRequest(format!("content-length: {error}")))?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let bad = |what: &str, value: &str| Error::BadRequest(format!("{what} {value:?}"));
    outgoing
        .set_method(&method(&request.method))
        .map_err(|()| bad("method", &request.method))?;
    let scheme = if url.https { Scheme::Https } else { Scheme::Http };
    outgoing
        .set_scheme(Some(&scheme))
        .map_err(|()| bad("scheme of", &request.url))?;
    outgoing
        .set_authority(Some(&url.authority))
        .map_err(|()| bad("host", &url.authority))?;
    outgoing
        .set_path_with_query(Some(&url.path_with_query))
        .map_err(|()| bad("path", &url.path_with_query))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name.to_ascii_uppercase().as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn write(outgoing: OutgoingBody, body: &[u8]) -> Result<(), Error> {
    let broken = || Error::Failed("the other side did not take the request's body".to_owned());
    if !body.is_empty() {
        let stream = outgoing.write().map_err(|()| broken())?;
        for chunk in body.chunks(WRITE_CHUNK) {
            stream.blocking_write_and_flush(chunk).map_err(|_| broken())?;
        }
    }
    OutgoingBody::finish(outgoing, None).map_err(|_| broken())
}

fn read(response: &IncomingResponse, max_body: usize, clock: &Deadline) -> Result<Response, Error> {
    let headers = response.headers().entries();
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()));
    let headers = headers.collect();
    let incoming = response
        .consume()
        .map_err(|()| Error::Failed("the answer's body was taken twice".to_owned()))?;
    let stream = incoming
        .stream()
        .map_err(|()| Error::Failed("the answer's body was taken twice".to_owned()))?;
    let body = read_all(&stream, max_body, clock)?;
    drop(stream);
    drop(IncomingBody::finish(incoming));
    Ok(Response {
        status: response.status(),
        headers,
        body,
    })
}

fn read_all(stream: &InputStream, max_body: usize, clock: &Deadline) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match stream.read(CHUNK) {
            Ok(bytes) if bytes.is_empty() => clock.wait(&stream.subscribe())?,
            Ok(bytes) if body.len() + bytes.len() > max_body => return Err(Error::TooLarge(max_body)),
            Ok(bytes) => body.extend_from_slice(&bytes),
            Err(StreamError::Closed) => return Ok(body),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(Error::Failed(format!(
                    "the answer broke off: {}",
                    error.to_debug_string()
                )));
            }
        }
    }
}

fn explain(request: &Request, code: &ErrorCode) -> Error {
    let at = format!("{} {}", request.method, request.url);
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Denied(at),
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Error::TimedOut(request.timeout),
        ErrorCode::DnsTimeout => Error::Failed(format!("{at}: the name was not resolved in time")),
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            Error::Failed(format!("{at}: no such host"))
        }
        ErrorCode::ConnectionRefused => Error::Failed(format!("{at}: connection refused")),
        ErrorCode::ConnectionTerminated => Error::Failed(format!("{at}: the connection broke")),
        ErrorCode::TlsCertificateError => Error::Failed(format!("{at}: the certificate is not trusted")),
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
            Error::Failed(format!("{at}: TLS failed"))
        }
        ErrorCode::InternalError(Some(reason)) => Error::Failed(format!("{at}: {reason}")),
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            Error::Failed(format!("{at}: the host cannot be reached"))
        }
        ErrorCode::HttpResponseIncomplete => Error::Failed(format!("{at}: the answer broke off")),
        // Printing the code itself would put the names of all forty into every handler.
        _ => Error::Failed(format!("{at}: no valid answer")),
    }
}

/// The instant at which an exchange is given up.
struct Deadline {
    timeout: Duration,
    at: Option<Instant>,
}

impl Deadline {
    fn after(timeout: Duration) -> Self {
        Self {
            timeout,
            at: Instant::now().checked_add(timeout),
        }
    }

    /// Waits until `ready` is, or fails at the deadline.
    fn wait(&self, ready: &Pollable) -> Result<(), Error> {
        let Some(at) = self.at else {
            ready.block();
            return Ok(());
        };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() && !ready.ready() {
            return Err(Error::TimedOut(self.timeout));
        }
        let timer = subscribe_duration(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
        // Index 0 is `ready`: alone or with the timer, it is served.
        if poll(&[ready, &timer]).contains(&0) {
            Ok(())
        } else {
            Err(Error::TimedOut(self.timeout))
        }
    }
}
