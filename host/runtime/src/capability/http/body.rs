//! A response's body on its way to the guest.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep},
};
use wasmtime_wasi_http::Error;

use super::pool::Connection;
use crate::limits::HTTP_RESPONSE_BYTES;

/// Counts what comes, and gives the connection back when the end has come. Dropped earlier, it closes the connection.
pub(super) struct Limited {
    incoming: Incoming,
    connection: Option<Connection>,
    received: u64,
    between: Duration,
    idle: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl Limited {
    pub(super) fn new(
        incoming: Incoming,
        connection: Connection,
        between: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let mut body = Self {
            incoming,
            connection: Some(connection),
            received: 0,
            between,
            idle: Box::pin(tokio::time::sleep(between)),
            _permit: permit,
        };
        body.give_back_at_end();
        body
    }

    fn give_back_at_end(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(connection) = self.connection.take()
        {
            connection.release();
        }
    }
}

impl Body for Limited {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Pending => match self.idle.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
            },
            Poll::Ready(None) => {
                self.give_back_at_end();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "a guest's response ended early");
                Poll::Ready(Some(Err(Error::HttpResponseIncomplete)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.received > HTTP_RESPONSE_BYTES {
                    return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(HTTP_RESPONSE_BYTES)))));
                }
                if let Some(next) = Instant::now().checked_add(self.between) {
                    self.idle.as_mut().reset(next);
                }
                self.give_back_at_end();
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
