//! Values that handlers keep from one run to the next.

use async_trait::async_trait;
use wasmtab_domain::ids::JobId;

use crate::StoreResult;

/// Whose values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StateScope {
    /// A job's.
    Job(JobId),
    /// All runs' of a handler.
    Handler(String),
}

impl StateScope {
    /// The key under which a database keeps the scope.
    pub fn key(&self) -> String {
        match self {
            Self::Job(id) => format!("job/{id}"),
            Self::Handler(name) => format!("handler/{name}"),
        }
    }
}

/// Why a value was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The scope would hold this many bytes.
    OverQuota(u64),
}

/// Key-value pairs in scopes.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// One value.
    async fn state_get(&self, scope: &StateScope, key: &str) -> StoreResult<Option<Vec<u8>>>;

    /// Sets a value, unless the keys and values of the scope would come to more than `quota` bytes.
    async fn state_set(
        &self,
        scope: &StateScope,
        key: &str,
        value: &[u8],
        quota: u64,
    ) -> StoreResult<Result<(), StateError>>;

    /// Removes a value.
    async fn state_delete(&self, scope: &StateScope, key: &str) -> StoreResult<()>;

    /// The keys that begin with `prefix`, after `after`, in byte order.
    async fn state_list(
        &self,
        scope: &StateScope,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> StoreResult<Vec<String>>;
}
