//! Accepting connections, also where the process has no file descriptor left for another one.

use std::{io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

/// How long a system that has no room for another connection is left alone. Those who connect wait in its backlog meanwhile.
const BACKOFF: Duration = Duration::from_millis(500);

/// Accepts until it is dropped; what is in the way is said once, and that it has gone too.
pub(crate) struct Patient {
    listener: TcpListener,
    told: bool,
}

impl Patient {
    pub(crate) const fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            told: false,
        }
    }
}

impl Listener for Patient {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => {
                    if std::mem::take(&mut self.told) {
                        tracing::warn!("connections are accepted again");
                    }
                    return accepted;
                }
                // It was gone before it was accepted, which is its own affair.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut self.told, true) {
                        tracing::error!(%error, "no connection is accepted, they wait: {error}");
                    }
                    tokio::time::sleep(BACKOFF).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
