//! Serving connections.

use std::{future::IntoFuture as _, io, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listener::Patient;

/// How long open requests may go on once the server closes.
const GRACE: Duration = Duration::from_secs(5);

/// Serves `router` until `closing` is cancelled; requests that are open then have five seconds to end.
pub async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) -> io::Result<()> {
    let listener = Patient::new(listener).tap_io(|stream| {
        // Answers are small: waiting to fill a packet only delays them. Where it cannot be set, they come a little later.
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(closing.clone().cancelled_owned());
    tokio::select! {
        ended = server.into_future() => ended,
        () = patience(closing) => Ok(()),
    }
}

async fn patience(closing: CancellationToken) {
    closing.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
