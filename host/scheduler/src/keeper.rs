//! The keeper renews this process's lease, stops its guests when it cannot, and hears who is to be stopped.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use wasmtab_domain::{ids::BootId, time::Timestamp};
use wasmtab_runtime::CancelCause;
use wasmtab_store::{Hint, NodeInfo, Store, StoreError};

use crate::{clock::Timer, controls::Controls};

/// How long a claim holds without a word from its process.
pub(crate) const LEASE: Duration = Duration::from_secs(15);
/// How often the lease is renewed.
const RENEWAL: Duration = Duration::from_secs(5);
/// How long before the lease's end a process that could not renew it stops its guests.
const MARGIN: Duration = Duration::from_secs(3);

pub(crate) struct Keeper {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub controls: Arc<Controls>,
    pub boot_id: BootId,
    pub node: String,
    pub stop: CancellationToken,
    /// When the lease that holds was asked for, by the monotonic clock.
    pub renewed: Instant,
}

impl Keeper {
    pub(crate) async fn run(mut self) {
        let mut hints = self.store.hints().listen_for_duties();
        let mut renewal = tokio::time::interval(RENEWAL);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = renewal.tick() => self.step().await,
                hint = hints.recv() => match hint {
                    Ok(Hint::Cancel(attempt)) => self.controls.cancel(attempt, CancelCause::Operator),
                    Err(RecvError::Lagged(_)) => self.look_for_cancels().await,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    /// Renews the lease, and looks who is to be stopped, and whose attempts have lost their process.
    pub(crate) async fn step(&mut self) {
        self.renew().await;
        if !self.store.is_exclusive() {
            self.rescue().await;
        }
        // Hints may be lost; the wish to cancel is in the database.
        self.look_for_cancels().await;
    }

    async fn renew(&mut self) {
        let asked = Instant::now();
        let now = self.timer.now();
        let patience = LEASE
            .saturating_sub(MARGIN)
            .saturating_sub(self.renewed.elapsed());
        let heartbeat = self.store.heartbeat(self.boot_id, now, now.plus(LEASE));
        let (lost, dead) = match tokio::time::timeout(patience, heartbeat).await {
            Ok(Ok(true)) => {
                self.renewed = asked;
                (false, false)
            }
            Ok(Ok(false)) => (true, true),
            Err(_) => (true, false),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the lease was not renewed: {error}");
                (self.renewed.elapsed() + MARGIN >= LEASE, false)
            }
        };
        // Where the database is this process's alone, nobody can take its claims, and its guests may go on.
        if lost && !self.store.is_exclusive() {
            tracing::error!("the lease is lost; every attempt of this process is stopped");
            self.controls.cancel_all(CancelCause::Shutdown);
            if dead && let Err(error) = self.enter_anew(asked, now).await {
                tracing::warn!(%error, "this process could not enter itself anew, the next round tries again: {error}");
            }
        }
    }

    /// Others took this process for dead, and its claims from it. It lives, and goes on with none.
    async fn enter_anew(&mut self, asked: Instant, now: Timestamp) -> Result<(), StoreError> {
        self.store
            .register_node(NodeInfo {
                boot_id: self.boot_id,
                name: self.node.clone(),
                started_at: now,
                seen_at: now,
                lease_until: now.plus(LEASE),
                stopped_at: None,
            })
            .await?;
        self.renewed = asked;
        Ok(())
    }

    /// Where several processes share the database, any of them may die at any time.
    async fn rescue(&self) {
        match self.store.rescue(self.boot_id, self.timer.now()).await {
            Ok(0) => {}
            Ok(rescued) => {
                tracing::warn!(
                    "{rescued} attempts were cut off when their process ended; their runs are repeated"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "looking for dead processes failed, the next round tries again: {error}");
            }
        }
    }

    async fn look_for_cancels(&self) {
        match self.store.cancel_wishes(self.boot_id).await {
            Ok(attempts) => {
                for attempt in attempts {
                    self.controls.cancel(attempt, CancelCause::Operator);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "looking for cancels failed, the next round tries again: {error}");
            }
        }
    }
}
