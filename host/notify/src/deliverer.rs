//! The deliverer takes what is due from the outbox, a few of each channel at a time, and writes down what became of each try.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::{Id, JoinSet},
};
use tokio_util::sync::CancellationToken;
use wasmtab_domain::{
    alert,
    time::{Clock, Timestamp},
};
use wasmtab_store::{Hint, Store, StoreError, TakeDeliveries, TakenDelivery, Tried};

use crate::courier::Courier;

/// Deliveries of one channel that are under way at once. No more of it is taken until these have been tried: a channel that
/// does not answer holds up itself.
const PER_CHANNEL: u32 = 4;
/// Deliveries that are under way at once.
const UNDER_WAY: usize = 64;
/// How long a try may go unheard of before another process makes the next. Longer than any try.
const LEASE: Duration = Duration::from_mins(1);
/// Hints wake the deliverer; this often it looks without one.
const PERIOD: Duration = Duration::from_secs(5);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_secs(1);
/// How often a try is written down before it is left to its lease.
const WRITES: u32 = 5;
/// How long a stop waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(5);

/// Delivers what waits.
pub struct Deliverer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    courier: Arc<dyn Courier>,
    under_way: JoinSet<()>,
    /// The channel of each.
    channels: HashMap<Id, String>,
}

impl Deliverer {
    /// A deliverer of this outbox.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, courier: Arc<dyn Courier>) -> Self {
        Self {
            store,
            clock,
            courier,
            under_way: JoinSet::new(),
            channels: HashMap::new(),
        }
    }

    /// Delivers until it is told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut hints = self.store.hints().listen_for_duties();
        self.begin().await;
        loop {
            // What was announced up to here is seen by the look that follows.
            while hints.try_recv().is_ok() {}
            let wait = match self.take().await {
                Ok(next) => {
                    let until_then = next.map_or(PERIOD, |next| next.since(self.clock.now()));
                    until_then.min(PERIOD)
                }
                Err(error) => {
                    tracing::error!(%error, "messages cannot be delivered, it is tried again: {error}");
                    BACKOFF
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                ended = self.under_way.join_next_with_id(), if !self.under_way.is_empty() => {
                    let id = match ended {
                        Some(Ok((id, ()))) => id,
                        // It panicked, and said so; its lease lets it be tried again.
                        Some(Err(error)) => error.id(),
                        None => continue,
                    };
                    self.channels.remove(&id);
                }
                () = tokio::time::sleep(wait) => {}
                () = alerts_changed(&mut hints) => {}
            }
        }
        let rest = async { while self.under_way.join_next().await.is_some() {} };
        // What is cut off here is tried again by the next process.
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    }

    async fn begin(&self) {
        if !self.store.is_exclusive() {
            return;
        }
        match self.store.untake_deliveries(self.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(
                "{count} messages were under way when the last process ended; they are sent again"
            ),
            Err(error) => {
                tracing::warn!(%error, "messages that were under way wait for their lease: {error}");
            }
        }
    }

    /// Begins what is due as far as there is room, and tells when there is more.
    async fn take(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let room = UNDER_WAY - self.under_way.len().min(UNDER_WAY);
        if room == 0 {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut busy: Vec<_> = self.channels.values().cloned().collect();
        busy.sort_unstable();
        busy.dedup();
        let take = TakeDeliveries {
            busy,
            per_channel: PER_CHANNEL,
            limit: room as u32,
            now,
            lease_until: now.plus(LEASE),
        };
        let taken = self.store.take_deliveries(take).await?;
        for delivery in taken.deliveries {
            let channel = delivery.channel.name.clone();
            let (store, clock, courier) = (
                Arc::clone(&self.store),
                Arc::clone(&self.clock),
                Arc::clone(&self.courier),
            );
            let task = self
                .under_way
                .spawn(async move { attempt(&*store, &*clock, &*courier, delivery).await });
            self.channels.insert(task.id(), channel);
        }
        Ok(taken.next_at)
    }
}

/// One try, and what becomes of it.
async fn attempt(store: &dyn Store, clock: &dyn Clock, courier: &dyn Courier, delivery: TakenDelivery) {
    let (id, channel) = (delivery.id, delivery.channel.name.as_str());
    let outcome = courier.deliver(&delivery, clock.now()).await;
    let now = clock.now();
    let tried = match outcome {
        Ok(answer) => Tried {
            answer: Some(answer),
            error: None,
            again_at: None,
        },
        Err(refused) => {
            let again_at = if delivery.is_test {
                None
            } else {
                alert::next_try(delivery.tries, now)
            };
            if again_at.is_none() && !delivery.is_test {
                tracing::error!(
                    delivery = id,
                    "message {id} to the channel {channel} is given up after {} tries: {}",
                    delivery.tries,
                    refused.reason
                );
            }
            Tried {
                answer: refused.answer,
                error: Some(refused.reason),
                again_at,
            }
        }
    };
    for left in (0..WRITES).rev() {
        match store.tried(id, tried.clone(), now).await {
            Ok(()) => return,
            Err(error) if left == 0 => {
                tracing::error!(delivery = id, %error, "what became of message {id} is not written, it is sent again: {error}");
            }
            Err(_) => tokio::time::sleep(BACKOFF).await,
        }
    }
}

/// Returns at the next hint that concerns the deliverer.
async fn alerts_changed(hints: &mut Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Alerts) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // The store is gone; the stop token ends the loop.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
