//! Whoever carries a message to its channel.

use async_trait::async_trait;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::TakenDelivery;

/// Carries messages. The product has one, [`Webhook`](crate::Webhook); tests have others.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Tries once, within a bounded time; what the other side answered comes back.
    async fn deliver(&self, delivery: &TakenDelivery, now: Timestamp) -> Result<u16, Refused>;
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the other side answered, as an HTTP status, if it did.
    pub answer: Option<u16>,
    /// The reason, for people.
    pub reason: String,
}
