//! A guest's stdout and stderr. Writing never blocks, never fails and never grows past the limits.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::recorder::{Recorder, Stream};

/// Where a stream's bytes go.
#[derive(Clone)]
pub(crate) struct Sink {
    recorder: Arc<Recorder>,
    to: To,
}

#[derive(Clone, Copy)]
enum To {
    Log(Stream),
    Result,
}

impl Sink {
    /// Every line becomes a line of the log.
    pub(crate) fn log(recorder: Arc<Recorder>, stream: Stream) -> Self {
        Self {
            recorder,
            to: To::Log(stream),
        }
    }

    /// The bytes are a command's result.
    pub(crate) fn result(recorder: Arc<Recorder>) -> Self {
        Self {
            recorder,
            to: To::Result,
        }
    }

    fn take(&self, bytes: &[u8]) {
        match self.to {
            To::Log(stream) => self.recorder.write(stream, bytes),
            To::Result => self.recorder.write_result(bytes),
        }
    }
}

impl IsTerminal for Sink {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Sink {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Sink {
    async fn ready(&mut self) {}
}

impl OutputStream for Sink {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        // The most that one call may hand over; it also bounds what `write-zeroes` allocates.
        Ok(64 * 1024)
    }
}

impl AsyncWrite for Sink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
