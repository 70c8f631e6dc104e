//! The processes that plan and execute.

use async_trait::async_trait;
use wasmtab_domain::{ids::BootId, time::Timestamp};

use crate::StoreResult;

/// One start of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Which start.
    pub boot_id: BootId,
    /// The node's name.
    pub name: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last said that it lives.
    pub seen_at: Timestamp,
    /// Until when its claims hold.
    pub lease_until: Timestamp,
    /// When it left in good order.
    pub stopped_at: Option<Timestamp>,
}

/// Who lives.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Enters a process.
    async fn register_node(&self, node: NodeInfo) -> StoreResult<()>;

    /// Renews its lease; false when it was declared dead meanwhile.
    async fn heartbeat(&self, boot_id: BootId, now: Timestamp, lease_until: Timestamp) -> StoreResult<bool>;

    /// It leaves in good order.
    async fn retire_node(&self, boot_id: BootId, now: Timestamp) -> StoreResult<()>;

    /// The processes, newest first.
    async fn nodes(&self, limit: u32) -> StoreResult<Vec<NodeInfo>>;

    /// The latest instant from which any process may have planned: a sign of life, an edit, a decided fire. A wall clock
    /// before it has gone back.
    async fn last_seen(&self) -> StoreResult<Option<Timestamp>>;

    /// Whether only this process can have the database open, so that no claim can pass to another while it lives.
    fn is_exclusive(&self) -> bool;
}
