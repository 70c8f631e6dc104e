//! What the use-cases ask of whoever understands components.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;
use wasmtab_domain::plugin::{Description, VersionFacts};

use crate::error::ServiceError;

/// Looks into uploads.
#[async_trait]
pub trait Inspector: Send + Sync + fmt::Debug {
    /// Says what a file is. Nothing of it runs.
    async fn inspect(&self, original: Bytes) -> Result<VersionFacts, InspectError>;

    /// Lets a component describe itself, with nothing granted and in bounded time. `digest` is that of `original`, in hex.
    async fn describe(&self, digest: &str, original: Bytes) -> Result<Description, InspectError>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InspectError {
    /// It is the file's fault.
    #[error("{detail}")]
    Refused {
        /// Which kind of refusal, as a word.
        kind: String,
        /// What it is, what was expected, what to do.
        detail: String,
    },
    /// It is the host's.
    #[error("{0}")]
    Host(String),
}

impl From<InspectError> for ServiceError {
    fn from(error: InspectError) -> Self {
        match error {
            InspectError::Refused { kind, detail } => Self::UploadRefused { kind, detail },
            InspectError::Host(reason) => Self::Unavailable(reason),
        }
    }
}
