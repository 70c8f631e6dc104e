//! The processes: entering and the signs of life are writes like others.

use async_trait::async_trait;
use wasmtab_domain::{ids::BootId, time::Timestamp};
use wasmtab_store::{NodeInfo, NodeStore, StoreResult};

use super::Tap;
use crate::chronicle::Event;

#[async_trait]
impl NodeStore for Tap {
    async fn register_node(&self, node: NodeInfo) -> StoreResult<()> {
        let (boot, at) = (node.boot_id, node.started_at);
        let work = self.real.store.register_node(node);
        self.write("register_node", Some(at), work, |()| Some(Event::Entered(boot)))
            .await
    }

    async fn heartbeat(&self, boot_id: BootId, now: Timestamp, lease_until: Timestamp) -> StoreResult<bool> {
        let work = self.real.store.heartbeat(boot_id, now, lease_until);
        self.write("heartbeat", Some(now), work, |_| None).await
    }

    async fn retire_node(&self, boot_id: BootId, now: Timestamp) -> StoreResult<()> {
        let work = self.real.store.retire_node(boot_id, now);
        self.write("retire_node", Some(now), work, |()| None).await
    }

    async fn nodes(&self, limit: u32) -> StoreResult<Vec<NodeInfo>> {
        self.real.store.nodes(limit).await
    }

    async fn last_seen(&self) -> StoreResult<Option<Timestamp>> {
        self.real.store.last_seen().await
    }

    fn is_exclusive(&self) -> bool {
        self.real.store.is_exclusive()
    }
}
