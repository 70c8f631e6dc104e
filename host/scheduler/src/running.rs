//! Letting all of it go on in the right order, and stopping it in two stages.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtab_domain::ids::BootId;
use wasmtab_runtime::CancelCause;
use wasmtab_store::{Store, StoreError};

use crate::{
    clock::Timer,
    controls::Controls,
    executor::Executor,
    meters::SchedulerMeters,
    process::{Config, Process, leave},
};

/// The loops, until they are stopped.
#[derive(Debug)]
pub struct Running {
    store: Arc<dyn Store>,
    timer: Arc<dyn Timer>,
    boot_id: BootId,
    controls: Arc<Controls>,
    attempts: TaskTracker,
    /// Ends planning and claiming.
    stop: CancellationToken,
    /// Ends the keeper, which lives as long as an attempt does.
    end: CancellationToken,
    claiming: Vec<JoinHandle<()>>,
    keeper: JoinHandle<()>,
    journal: JoinHandle<()>,
    meters: SchedulerMeters,
}

/// Rescues what processes before this one left, then plans and executes.
pub async fn start(
    config: Config,
    store: Arc<dyn Store>,
    timer: Arc<dyn Timer>,
    executor: Arc<impl Executor>,
) -> Result<Running, StoreError> {
    Ok(Process::take_over(config, store, timer, executor).await?.start())
}

impl Running {
    pub(crate) fn of<E: Executor>(process: Process<E>) -> Self {
        let Process {
            store,
            timer,
            boot_id,
            controls,
            attempts,
            stop,
            end,
            planner,
            dispatcher,
            journal,
            keeper,
            cleaner,
            meters,
        } = process;
        let journal = tokio::spawn(journal.run());
        let keeper = tokio::spawn(keeper.run());
        let claiming = vec![
            tokio::spawn(planner.run()),
            tokio::spawn(dispatcher.run()),
            tokio::spawn(cleaner.run()),
        ];
        Self {
            store,
            timer,
            boot_id,
            controls,
            attempts,
            stop,
            end,
            claiming,
            keeper,
            journal,
            meters,
        }
    }

    /// What is counted.
    pub const fn meters(&self) -> &SchedulerMeters {
        &self.meters
    }

    /// Claims nothing more and waits until every attempt has ended; those that go on after `patience`, or when `hurry`
    /// ends, are abandoned.
    pub async fn shut_down(self, patience: Duration, hurry: impl Future<Output = ()>) {
        self.stop.cancel();
        for task in self.claiming {
            // A loop that panicked has said so itself.
            let _ = task.await;
        }
        self.attempts.close();
        let ended = tokio::select! {
            () = self.attempts.wait() => true,
            () = tokio::time::sleep(patience) => false,
            () = hurry => false,
        };
        if !ended {
            tracing::warn!("attempts that still go on are abandoned; their runs are repeated");
            self.controls.cancel_all(CancelCause::Shutdown);
            self.attempts.wait().await;
        }
        // The dispatcher and every attempt are gone, and with them the senders: the journal ends when all is written.
        let _ = self.journal.await;
        debug_assert!(self.controls.is_empty());
        self.end.cancel();
        let _ = self.keeper.await;
        leave(&*self.store, self.boot_id, self.timer.now()).await;
    }
}
