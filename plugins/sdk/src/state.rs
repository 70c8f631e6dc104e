//! Values that survive from one run to the next, per job unless the handler was granted its own scope.
//!
//! A write lasts when the call returns; it is not rolled back when the attempt fails.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

#[cfg(not(target_family = "wasm"))]
use crate::testing as host;
#[cfg(target_family = "wasm")]
use wasm as host;

/// Why a value could not be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Keys are 1 to 255 bytes.
    BadKey,
    /// The quota would be exceeded; the message tells it.
    OverQuota(String),
    /// Nothing is granted, or the store does not answer.
    Unavailable(String),
    /// The value under the key is not what was asked for.
    Json {
        /// The key.
        key: String,
        /// What is wrong with the value.
        source: serde_json::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadKey => formatter.write_str("state: a key has 1 to 255 bytes"),
            Self::OverQuota(message) => write!(formatter, "state: over quota: {message}"),
            Self::Unavailable(message) => write!(formatter, "state: unavailable: {message}"),
            Self::Json { key, source } => write!(formatter, "state: the value of {key:?}: {source}"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads a JSON value; none where the key was never set.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    let Some(bytes) = get_bytes(key)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| Error::Json {
            key: key.to_owned(),
            source,
        })
}

/// Writes a value as JSON.
pub fn set<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<(), Error> {
    let bytes = serde_json::to_vec(value).map_err(|source| Error::Json {
        key: key.to_owned(),
        source,
    })?;
    set_bytes(key, &bytes)
}

/// Reads a value as it is kept.
pub fn get_bytes(key: &str) -> Result<Option<Vec<u8>>, Error> {
    host::state_get(key)
}

/// Writes a value as it is.
pub fn set_bytes(key: &str, value: &[u8]) -> Result<(), Error> {
    host::state_set(key, value)
}

/// Removes a value; a key that was never set is no error.
pub fn delete(key: &str) -> Result<(), Error> {
    host::state_delete(key)
}

/// The keys that begin with `prefix`, in byte order, at most `limit` (1,000 at most), after `after`.
pub fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Error> {
    host::state_list(prefix, after, limit)
}

#[cfg(target_family = "wasm")]
mod wasm {
    use super::Error;
    use crate::bindings::wasmtab::job::state as wit;

    impl From<wit::Error> for Error {
        fn from(error: wit::Error) -> Self {
            match error {
                wit::Error::BadKey => Self::BadKey,
                wit::Error::OverQuota(message) => Self::OverQuota(message),
                wit::Error::Unavailable(message) => Self::Unavailable(message),
            }
        }
    }

    pub(super) fn state_get(key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(wit::get(key)?)
    }

    pub(super) fn state_set(key: &str, value: &[u8]) -> Result<(), Error> {
        Ok(wit::set(key, value)?)
    }

    pub(super) fn state_delete(key: &str) -> Result<(), Error> {
        Ok(wit::delete(key)?)
    }

    pub(super) fn state_list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Error> {
        Ok(wit::list(prefix, after, limit)?)
    }
}
