//! One process: its duties, each of which can be carried out a step at a time.

use std::{
    sync::{Arc, Weak},
    time::Instant,
};

use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtab_domain::{fairness::Turns, ids::BootId, retention::Retention, time::Timestamp};
use wasmtab_runtime::CancelCause;
use wasmtab_store::{NodeInfo, Store, StoreError};

use crate::{
    backlog::Backlog,
    cleaner::Cleaner,
    clock::Timer,
    controls::Controls,
    crew::Crew,
    crowd::Crowds,
    desk::FrontDesk,
    dispatcher::Dispatcher,
    executor::Executor,
    journal::{self, Journal},
    keeper::{Keeper, LEASE},
    meters::SchedulerMeters,
    permits::Permits,
    planner::Planner,
    running::Running,
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

/// A process that has taken over. [`start`](Self::start) lets its duties go on by themselves, each in a loop of its own;
/// a simulation takes the same steps one by one, in an order of its choosing.
pub struct Process<E> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) boot_id: BootId,
    pub(crate) controls: Arc<Controls>,
    pub(crate) attempts: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) end: CancellationToken,
    pub(crate) planner: Planner<E>,
    pub(crate) dispatcher: Dispatcher<E>,
    pub(crate) journal: Journal,
    pub(crate) keeper: Keeper,
    pub(crate) cleaner: Cleaner,
    pub(crate) meters: SchedulerMeters,
}

impl<E: Executor> Process<E> {
    /// Enters the process, and rescues what processes before it left.
    pub async fn take_over(
        config: Config,
        store: Arc<dyn Store>,
        timer: Arc<dyn Timer>,
        executor: Arc<E>,
    ) -> Result<Self, StoreError> {
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
        let (journal, received) = journal::channel();
        let backlog = Arc::new(Backlog::new());
        let crew = Arc::new(Crew {
            executor: Arc::clone(&executor),
            timer: Arc::clone(&timer),
            controls: Arc::clone(&controls),
            permits: Permits::new(concurrency),
            backlog: Arc::clone(&backlog),
            journal,
            meters: meters.clone(),
            guests: guests.clone(),
            attempts: attempts.clone(),
        });
        let front = Arc::new(FrontDesk::new(&crew, boot_id, node.clone()));
        if let Some(desk) = store.desk() {
            let attendant: Weak<FrontDesk<E>> = Arc::downgrade(&front);
            desk.attend(attendant);
        }
        Ok(Self {
            planner: Planner {
                store: Arc::clone(&store),
                timer: Arc::clone(&timer),
                executor,
                guests,
                stop: stop.clone(),
                last_seen,
                crowds: Crowds::new(Arc::clone(&store), Arc::clone(&timer)),
                foreseen: None,
            },
            dispatcher: Dispatcher {
                store: Arc::clone(&store),
                timer: Arc::clone(&timer),
                controls: Arc::clone(&controls),
                desk: front,
                crew,
                boot_id,
                node: node.clone(),
                stop: stop.clone(),
                turns: Turns::default(),
                unsure: false,
            },
            journal: Journal::new(
                Arc::clone(&store),
                Arc::clone(&timer),
                Arc::clone(&controls),
                meters.clone(),
                backlog,
                received,
            ),
            keeper: Keeper {
                store: Arc::clone(&store),
                timer: Arc::clone(&timer),
                controls: Arc::clone(&controls),
                boot_id,
                node,
                stop: end.clone(),
                renewed: Instant::now(),
            },
            cleaner: Cleaner {
                store: Arc::clone(&store),
                timer: Arc::clone(&timer),
                retention,
                stop: stop.clone(),
            },
            store,
            timer,
            boot_id,
            controls,
            attempts,
            stop,
            end,
            meters,
        })
    }

    /// Lets every duty go on by itself.
    pub fn start(self) -> Running {
        Running::of(self)
    }

    /// The planner decides the fires that are due now; tells when it would look again.
    pub async fn plan(&mut self) -> Timestamp {
        self.planner.step().await
    }

    /// The dispatcher claims what is due now and lets it begin; tells when it would look again.
    pub async fn claim(&mut self) -> Timestamp {
        self.dispatcher.step().await
    }

    /// The journal writes the outcomes and begins that wait now.
    pub async fn record(&mut self) {
        self.journal.step().await;
    }

    /// The keeper renews the lease and stops what is to be stopped.
    pub async fn keep(&mut self) {
        self.keeper.step().await;
    }

    /// Stops every attempt that goes on, as the end of a shutdown does; their runs are repeated.
    pub fn abandon(&self) {
        self.controls.cancel_all(CancelCause::Shutdown);
    }

    /// Leaves in good order. Outcomes that were not recorded are lost.
    pub async fn retire(self) {
        leave(&*self.store, self.boot_id, self.timer.now()).await;
    }
}

/// Writes down that the process has left.
pub(crate) async fn leave(store: &dyn Store, boot_id: BootId, now: Timestamp) {
    if let Err(error) = store.retire_node(boot_id, now).await {
        tracing::warn!(%error, "leaving was not written down: {error}");
    }
}
