//! Outgoing HTTP. Every request is matched against the grants, its host resolved here, every address checked, and the
//! connection made to an address that was checked: a name that resolves differently a moment later changes nothing.
//!
//! Redirects are the guest's affair: each is a new request and checked anew.

mod body;
mod connect;
mod pool;
mod resolve;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use wasmtab_domain::grant::{Cidr, Grant, Grants, HttpGrant, Scheme};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

pub use self::resolve::{Resolve, SystemResolver};
use self::{body::Limited, connect::Connector, pool::Connection};
use crate::{
    limits::{HTTP_CONCURRENT, HTTP_CONNECT},
    logs::LogLevel,
    recorder::Recorder,
};

/// The one client of a runtime: its TLS settings, its resolver and its idle connections.
#[derive(Debug)]
pub(crate) struct HttpClient {
    resolver: Arc<dyn Resolve>,
    connector: Connector,
}

impl HttpClient {
    pub(crate) fn new(resolver: Arc<dyn Resolve>) -> Result<Self, rustls::Error> {
        Ok(Self {
            resolver,
            connector: Connector::new()?,
        })
    }
}

/// One attempt's way to the network.
pub(crate) struct HttpHooks {
    client: Arc<HttpClient>,
    grants: Arc<Grants>,
    recorder: Arc<Recorder>,
    under_way: Arc<Semaphore>,
}

type Done = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(Response<WasiBody>, Done), Error>;

impl HttpHooks {
    pub(crate) fn new(client: Arc<HttpClient>, grants: Arc<Grants>, recorder: Arc<Recorder>) -> Self {
        Self {
            client,
            grants,
            recorder,
            under_way: Arc::new(Semaphore::new(HTTP_CONCURRENT)),
        }
    }
}

impl WasiHttpHooks for HttpHooks {
    fn set_host_header(&mut self) -> bool {
        // Set below, from the host that was checked: the guest's authority may hold more than that.
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_processed: Done,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let exchange = Exchange {
            client: Arc::clone(&self.client),
            grants: Arc::clone(&self.grants),
            recorder: Arc::clone(&self.recorder),
            options: options.unwrap_or_default(),
        };
        let permit = Arc::clone(&self.under_way).try_acquire_owned();
        Box::new(async move {
            // More than this many at once is an error and not a queue: a guest that waits for a response before it reads another
            // would wait for itself.
            let permit = permit.map_err(|_| Error::ConnectionLimitReached)?;
            let response = exchange.send(request, permit).await?;
            Ok((response, Box::new(std::future::ready(Ok(()))) as Done))
        })
    }
}

struct Exchange {
    client: Arc<HttpClient>,
    grants: Arc<Grants>,
    recorder: Arc<Recorder>,
    options: RequestOptions,
}

/// Where a request goes.
#[derive(Clone, Debug)]
struct Target {
    scheme: Scheme,
    /// Lower case, IPv6 in brackets.
    host: String,
    port: u16,
}

impl Exchange {
    async fn send(
        self,
        request: Request<WasiBody>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Response<WasiBody>, Error> {
        let target = Target::of(request.uri())?;
        let method = request.method().clone();
        if !self
            .grants
            .allows_http(target.scheme, &target.host, target.port, method.as_str())
        {
            let grant = HttpGrant::for_request(target.scheme, &target.host, target.port).map(Grant::Http);
            self.recorder
                .refuse("http", format!("{method} {target}"), grant.as_ref());
            return Err(Error::HttpRequestDenied);
        }
        let outcome = self.exchange(&target, request, permit).await;
        if let Err(error) = &outcome {
            // The guest is told a code without words; an operator wants the words.
            self.recorder
                .log(LogLevel::Warn, "http", &format!("{method} {target}: {error}"));
        }
        outcome
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<WasiBody>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Response<WasiBody>, Error> {
        let connect = self
            .options
            .connect_timeout
            .map_or(HTTP_CONNECT, |wanted| wanted.min(HTTP_CONNECT));
        let addresses = timeout(connect, self.addresses(target))
            .await
            .map_err(|_| Error::DnsTimeout)??;
        let mut request = origin_form(target, request)?;
        loop {
            let connecting = self.client.connector.connection(target, &addresses);
            let mut connection = timeout(connect, connecting)
                .await
                .map_err(|_| Error::ConnectionTimeout)??;
            let reused = connection.reused;
            let sending = connection.sender.try_send_request(request);
            let sent = match self.options.first_byte_timeout {
                Some(wait) => timeout(wait, sending)
                    .await
                    .map_err(|_| Error::ConnectionReadTimeout)?,
                None => sending.await,
            };
            match sent {
                Ok(response) => return Ok(self.respond(connection, response, permit)),
                Err(mut error) => match error.take_message() {
                    // The other side closed an idle connection before it saw anything of this: once more, on another one.
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(error.into_error().into()),
                },
            }
        }
    }

    fn respond(
        &self,
        connection: Connection,
        response: Response<hyper::body::Incoming>,
        permit: OwnedSemaphorePermit,
    ) -> Response<WasiBody> {
        let between = self.options.between_bytes_timeout.unwrap_or(Duration::MAX);
        response.map(|incoming| Limited::new(incoming, connection, between, permit).boxed_unsync())
    }

    /// The addresses that may be connected to.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Error> {
        let found = match target.literal() {
            Some(address) => vec![address],
            None => self
                .client
                .resolver
                .resolve(&target.host)
                .await
                .map_err(|error| {
                    tracing::debug!(host = target.host, %error, "a guest's host name was not resolved");
                    Error::DnsError {
                        rcode: Some(error.to_string()),
                        info_code: None,
                    }
                })?,
        };
        let Some(first) = found.first().copied() else {
            return Err(Error::DestinationNotFound);
        };
        let allowed: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| self.grants.allows_address(&target.host, *address))
            .map(|address| SocketAddr::new(address, target.port))
            .collect();
        if allowed.is_empty() {
            let grant = Grant::Network(Cidr::of(first));
            self.recorder
                .refuse("network", format!("{target} at {first}"), Some(&grant));
            return Err(Error::DestinationIpProhibited);
        }
        Ok(allowed)
    }
}

impl Target {
    fn of(uri: &Uri) -> Result<Self, Error> {
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(Error::HttpProtocolError),
        };
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        // What looks like a user name is a way to make a URL look like another one.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(Error::HttpRequestUriInvalid);
        }
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        Ok(Self {
            scheme,
            host,
            port: authority.port_u16().unwrap_or(scheme.default_port()),
        })
    }

    fn literal(&self) -> Option<IpAddr> {
        let inside = self
            .host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(&self.host);
        inside.parse().ok()
    }

    fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

/// The request as it goes over the wire to the target itself: path and query, and the host in a header.
fn origin_form(target: &Target, mut request: Request<WasiBody>) -> Result<Request<WasiBody>, Error> {
    let path = match request.uri().path_and_query() {
        Some(path) if path.as_str().starts_with('/') => path.clone(),
        Some(path) => format!("/{path}")
            .parse()
            .map_err(|_| Error::HttpRequestUriInvalid)?,
        None => PathAndQuery::from_static("/"),
    };
    *request.uri_mut() = Uri::from(path);
    let host = HeaderValue::try_from(target.authority()).map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(header::HOST, host);
    Ok(request)
}

/// A body that has been boxed away; the connection's type must not depend on who uses it.
type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Error>;
