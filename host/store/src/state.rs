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

    /// The scope that a database keeps under `key`; none where no scope has such a key.
    pub fn of_key(key: &str) -> Option<Self> {
        let (kind, name) = key.split_once('/')?;
        match kind {
            "job" => name.parse().ok().map(Self::Job),
            "handler" => Some(Self::Handler(name.to_owned())),
            _ => None,
        }
    }
}

/// A pair as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// The key.
    pub key: String,
    /// Bytes of the value.
    pub bytes: u64,
    /// The value, where it is no longer than was asked for.
    pub value: Option<Vec<u8>>,
}

/// How much a scope holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateUse {
    /// Its keys.
    pub keys: u64,
    /// Bytes of its keys and values: what a quota counts.
    pub bytes: u64,
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

    /// The pairs whose keys begin with `prefix`, after `after`, in byte order. Values of more than `inline` bytes are left out.
    async fn state_entries(
        &self,
        scope: &StateScope,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        inline: u32,
    ) -> StoreResult<Vec<StateEntry>>;

    /// How much a scope holds.
    async fn state_use(&self, scope: &StateScope) -> StoreResult<StateUse>;

    /// The scopes that hold anything, in the order of their keys ([`StateScope::key`]), after that of `after`.
    async fn state_scopes(
        &self,
        after: Option<&StateScope>,
        limit: u32,
    ) -> StoreResult<Vec<(StateScope, StateUse)>>;

    /// Removes at most `limit` pairs whose keys begin with `prefix`; how many it were.
    async fn state_clear(&self, scope: &StateScope, prefix: &str, limit: u32) -> StoreResult<u64>;
}
