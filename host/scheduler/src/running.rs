//! Starting all of it in the right order, and stopping it in two stages.

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtab_domain::{ids::BootId, retention::Retention};
use wasmtab_runtime::CancelCause;
use wasmtab_store::{NodeInfo, Store, StoreError};

use crate::{
    cleaner::Cleaner,
    clock::Timer,
    controls::Controls,
    dispatcher::Dispatcher,
    executor::Executor,
    journal::{self, Journal},
    keeper::{Keeper, LEASE},
    meters::SchedulerMeters,
    permits::Permits,
    planner::Planner,
};

/// How this process plans and executes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name in the log.
    pub node: String,
    /// Tells this start of it from every other.
    pub boot_id: BootId,
    /// Attempts that go on at once.
    pub concurrency: u32,
    /// What of the log is kept.
    pub retention: Retention,
    /// Where guests run: a runtime of their own, so that they cannot starve the host.
    pub guests: Handle,
    /// Set where instants may have moved since the last process: its zone data was another.
    pub replan: bool,
}

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
    executor: Arc<dyn Executor>,
) -> Result<Running, StoreError> {
    let Config {
        node,
        boot_id,
        concurrency,
        retention,
        guests,
        replan,
    } = config;
    let now = timer.now();
    let last_seen = store.last_seen().await?;
    store
        .register_node(NodeInfo {
            boot_id,
            name: node.clone(),
            started_at: now,
            seen_at: now,
            lease_until: now.plus(LEASE),
            stopped_at: None,
        })
        .await?;
    let rescued = store.rescue(boot_id, now).await?;
    if rescued > 0 {
        tracing::warn!(
            "{rescued} attempts were cut off when the last process ended; their runs are repeated"
        );
    }
    if replan {
        store.replan(now).await?;
    }

    let (stop, end) = (CancellationToken::new(), CancellationToken::new());
    let controls = Arc::new(Controls::default());
    let attempts = TaskTracker::new();
    let meters = SchedulerMeters::new();
    let (entries, received) = journal::channel();
    let journal = tokio::spawn(
        Journal {
            store: Arc::clone(&store),
            timer: Arc::clone(&timer),
            meters: meters.clone(),
        }
        .run(received),
    );
    let keeper = Keeper {
        store: Arc::clone(&store),
        timer: Arc::clone(&timer),
        controls: Arc::clone(&controls),
        boot_id,
        stop: end.clone(),
    };
    let dispatcher = Dispatcher {
        store: Arc::clone(&store),
        timer: Arc::clone(&timer),
        executor,
        controls: Arc::clone(&controls),
        permits: Permits::new(concurrency),
        journal: entries,
        meters: meters.clone(),
        guests,
        attempts: attempts.clone(),
        boot_id,
        node,
        stop: stop.clone(),
    };
    let planner = Planner {
        store: Arc::clone(&store),
        timer: Arc::clone(&timer),
        stop: stop.clone(),
    };
    let cleaner = Cleaner {
        store: Arc::clone(&store),
        timer: Arc::clone(&timer),
        retention,
        stop: stop.clone(),
    };
    let keeper = tokio::spawn(keeper.run());
    let claiming = vec![
        tokio::spawn(planner.run(last_seen)),
        tokio::spawn(dispatcher.run()),
        tokio::spawn(cleaner.run()),
    ];
    Ok(Running {
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
    })
}

impl Running {
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
        debug_assert!(self.controls.is_empty());
        // The dispatcher and every attempt are gone, and with them the senders: the journal ends when all is written.
        let _ = self.journal.await;
        self.end.cancel();
        let _ = self.keeper.await;
        if let Err(error) = self.store.retire_node(self.boot_id, self.timer.now()).await {
            tracing::warn!(%error, "leaving was not written down: {error}");
        }
    }
}
