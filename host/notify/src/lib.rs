//! Delivers messages: the rows of the outbox, sent as signed webhooks.
//!
//! Whatever is to be sent stands in the database, with when it is tried next. A crash loses none of it, and may send one
//! again: the delivery's id tells the receiver.

mod courier;
mod deliverer;
mod webhook;

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wasmtab_domain::time::Clock;
use wasmtab_store::Store;

pub use self::{
    courier::{Courier, Refused},
    deliverer::Deliverer,
    webhook::{Webhook, WebhookError},
};

/// The deliverer of one process, until it is stopped.
#[derive(Debug)]
pub struct Delivering {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Delivers what waits, and whatever comes.
pub fn start(store: Arc<dyn Store>, clock: Arc<dyn Clock>, courier: Arc<dyn Courier>) -> Delivering {
    let stop = CancellationToken::new();
    let deliverer = Deliverer::new(store, clock, courier);
    let task = tokio::spawn(deliverer.run(stop.clone()));
    Delivering { stop, task }
}

impl Delivering {
    /// Takes nothing more, and waits a moment for what is under way.
    pub async fn shut_down(self) {
        self.stop.cancel();
        // Had it panicked, it would have said so itself.
        let _ = self.task.await;
    }
}
