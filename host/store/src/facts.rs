//! How much of what there is: a look for whoever watches, cheap enough to be taken every few seconds.

use async_trait::async_trait;
use wasmtab_domain::{status::RunState, time::Timestamp};

use crate::StoreResult;

/// Runs that have not ended and stand alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePart {
    /// Their state.
    pub state: RunState,
    /// Whether something keeps them back: their turn, a pause, their handler.
    pub held: bool,
    /// How many.
    pub runs: u64,
    /// When the first of them is or was due.
    pub due_at: Timestamp,
}

/// What is kept on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseSize {
    /// Bytes of the database.
    pub bytes: u64,
    /// Bytes of them that are free for what comes.
    pub free: u64,
    /// Bytes of its write-ahead log.
    pub log: u64,
}

/// How much of what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Jobs.
    pub jobs: u64,
    /// Jobs that the planner will look at again; others are stopped or have no fire left.
    pub planned: u64,
    /// Jobs that are paused.
    pub paused: u64,
    /// The queue.
    pub queue: Vec<QueuePart>,
    /// Plugins that have an active version.
    pub active_plugins: u64,
    /// Handlers that are bound.
    pub handlers: u64,
    /// What is kept on disk; none where that is not this process's to know.
    pub size: Option<DatabaseSize>,
}

/// Looking at the whole.
#[async_trait]
pub trait FactStore: Send + Sync {
    /// How much of what there is.
    async fn facts(&self) -> StoreResult<Facts>;
}
