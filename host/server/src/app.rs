//! What every endpoint is given.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wasmtab_service::{Metrics, Service};

/// How the API is served.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Ends event streams and waiting requests, so that a shutdown need not wait for them. Give [`serve`](fn@crate::serve) the same.
    pub closing: CancellationToken,
    /// What `/metrics` shows; nothing is there without it.
    pub metrics: Option<Arc<Metrics>>,
    /// Whether `/metrics` asks for a token.
    pub guard_metrics: bool,
}

/// The state behind the routes.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) closing: CancellationToken,
    pub(crate) metrics: Option<Arc<Metrics>>,
    pub(crate) guard_metrics: bool,
    /// The OpenAPI document, written out once.
    pub(crate) openapi: Arc<str>,
}
