//! The port to the values that survive from run to run.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use crate::sync::lock;

/// Values that survive from run to run. Whoever makes one binds it to a job or a handler; the guest never names the scope.
///
/// A write lasts when the call returns. The future of a call may be dropped at any point; then the write happened or it did not.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// The value of `key`.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError>;
    /// Sets `key`. All keys and values of the scope together stay within `quota` bytes, or nothing is written.
    async fn set(&self, key: &str, value: Vec<u8>, quota: u64) -> Result<(), StateError>;
    /// Forgets `key`, also if it is not there.
    async fn delete(&self, key: &str) -> Result<(), StateError>;
    /// The keys that begin with `prefix`, in byte order, after `after`, at most `limit`.
    async fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, StateError>;
}

/// Why a call on the state failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The write would exceed the quota.
    #[error("the write would take the state to {used} bytes; the quota is {quota}")]
    OverQuota {
        /// Bytes that keys and values would take.
        used: u64,
        /// Bytes that they may take.
        quota: u64,
    },
    /// The store does not answer.
    #[error("{0}")]
    Unavailable(String),
}

/// State that lives as long as this value: for trying a plugin without a server, and for tests.
#[derive(Debug, Default)]
pub struct MemoryState(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        Ok(lock(&self.0).get(key).cloned())
    }

    async fn set(&self, key: &str, value: Vec<u8>, quota: u64) -> Result<(), StateError> {
        let mut values = lock(&self.0);
        let others: usize = values
            .iter()
            .filter(|(other, _)| *other != key)
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let used = (others + key.len() + value.len()) as u64;
        if used > quota {
            return Err(StateError::OverQuota { used, quota });
        }
        values.insert(key.to_owned(), value);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StateError> {
        lock(&self.0).remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, StateError> {
        let values = lock(&self.0);
        let keys = values
            .keys()
            .filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(limit as usize).cloned().collect())
    }
}
