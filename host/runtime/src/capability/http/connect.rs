//! Makes connections to addresses that were checked.

use std::{io, net::SocketAddr, sync::Arc};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use wasmtab_domain::grant::Scheme;
use wasmtime_wasi_http::{Error, io::TokioIo};

use super::{
    Target,
    pool::{Connection, Key, Pool},
};
use crate::limits::{HTTP_IDLE_READY, HTTP_RESPONSE_HEADER_BYTES, HTTP_RESPONSE_HEADERS};

pub(super) struct Connector {
    tls: TlsConnector,
    pool: Arc<Pool>,
}

impl Connector {
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.into(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            pool: Arc::default(),
        })
    }

    /// An idle connection to one of the addresses, or a new one to the first that answers.
    pub(super) async fn connection(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
    ) -> Result<Connection, Error> {
        let key = |address: SocketAddr| Key {
            scheme: target.scheme,
            host: target.host.clone(),
            address,
        };
        while let Some(mut idle) = addresses
            .iter()
            .find_map(|address| self.pool.take(&key(*address)))
        {
            // Its last response has been read, so it is ready after a moment, or not fit for use.
            if matches!(timeout(HTTP_IDLE_READY, idle.sender.ready()).await, Ok(Ok(()))) {
                return Ok(idle);
            }
        }
        let mut last = Error::DestinationNotFound;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return self.speak(target, key(*address), stream).await,
                Err(error) => last = connect_error(&error),
            }
        }
        Err(last)
    }

    async fn speak(&self, target: &Target, key: Key, stream: TcpStream) -> Result<Connection, Error> {
        // A request is written at once; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        match target.scheme {
            Scheme::Http => self.handshake(key, stream).await,
            Scheme::Https => {
                let name = match target.literal() {
                    Some(address) => ServerName::from(address),
                    None => {
                        ServerName::try_from(target.host.clone()).map_err(|_| Error::HttpRequestUriInvalid)?
                    }
                };
                let stream = self
                    .tls
                    .connect(name, stream)
                    .await
                    .map_err(|error| tls_error(&error))?;
                self.handshake(key, stream).await
            }
        }
    }

    async fn handshake<S>(&self, key: Key, stream: S) -> Result<Connection, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_headers(HTTP_RESPONSE_HEADERS)
            .max_buf_size(HTTP_RESPONSE_HEADER_BYTES)
            .handshake(TokioIo::new(stream))
            .await?;
        // Ends when the sender is dropped, wherever that happens: with the body that held it, or in the pool.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a guest's connection ended");
            }
        });
        Ok(self.pool.fresh(key, sender))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

fn connect_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
        _ => Error::DestinationUnavailable,
    }
}

fn tls_error(error: &io::Error) -> Error {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        _ => Error::TlsProtocolError,
    }
}
