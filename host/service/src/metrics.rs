//! What Prometheus reads.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text, text},
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use tokio::sync::Mutex;
use wasmtab_domain::{
    status::RunState,
    time::{Clock, Timestamp},
};
use wasmtab_store::{Facts, Store};

/// How old what the database said may be. However often somebody asks, it is not asked more often than this.
const FRESH: Duration = Duration::from_secs(5);

/// Everything that is counted, and what the database knows.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    gauges: Gauges,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    looked: Mutex<Option<Instant>>,
}

/// The two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus' own, 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Exposition {
    /// Its content type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

#[derive(Debug, Default)]
struct Gauges {
    up: Gauge,
    jobs: Gauge,
    planned: Gauge,
    paused: Gauge,
    runs: Family<State, Gauge>,
    held: Gauge,
    waiting: Gauge,
    oldest: Gauge<f64, std::sync::atomic::AtomicU64>,
    active_plugins: Gauge,
    handlers: Gauge,
    database: Gauge,
    free: Gauge,
    log: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

impl Metrics {
    /// What is in `registry`, what `store` counts, and what it knows.
    pub fn new(mut registry: Registry, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        store.meters().register(&mut registry);
        let gauges = Gauges::default();
        gauges.register(&mut registry);
        Self {
            registry,
            gauges,
            store,
            clock,
            looked: Mutex::default(),
        }
    }

    /// All of it as text. A database that does not answer leaves its last answer standing, and `wasmtab_database_up` at 0.
    pub async fn render(&self, exposition: Exposition) -> Result<String, fmt::Error> {
        self.look().await;
        let mut body = String::new();
        match exposition {
            Exposition::Text => prometheus_text::encode(&mut body, &self.registry)?,
            Exposition::OpenMetrics => text::encode(&mut body, &self.registry)?,
        }
        Ok(body)
    }

    async fn look(&self) {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        match self.store.facts().await {
            Ok(facts) => self.gauges.set(&facts, self.clock.now()),
            Err(error) => {
                tracing::warn!(%error, "what the database knows is missing in the metrics: {error}");
                self.gauges.up.set(0);
            }
        }
        *looked = Some(Instant::now());
    }
}

impl Gauges {
    fn set(&self, facts: &Facts, now: Timestamp) {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        self.up.set(1);
        set(&self.jobs, facts.jobs);
        set(&self.planned, facts.planned);
        set(&self.paused, facts.paused);
        for state in RunState::ALL {
            let runs = facts.queue.iter().filter(|part| part.state == *state);
            let gauge = self.runs.get_or_create_owned(&State {
                state: state.as_str(),
            });
            set(&gauge, runs.map(|part| part.runs).sum());
        }
        let held = facts.queue.iter().filter(|part| part.held);
        set(&self.held, held.map(|part| part.runs).sum());
        let waiting = || {
            let queued = facts.queue.iter().filter(|part| part.state == RunState::Queued);
            queued.filter(|part| !part.held)
        };
        set(&self.waiting, waiting().map(|part| part.runs).sum());
        let oldest = waiting().map(|part| now.since(part.due_at)).max();
        self.oldest.set(oldest.unwrap_or_default().as_secs_f64());
        set(&self.active_plugins, facts.active_plugins);
        set(&self.handlers, facts.handlers);
        if let Some(size) = facts.size {
            set(&self.database, size.bytes);
            set(&self.free, size.free);
            set(&self.log, size.log);
        }
    }

    fn register(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(name, help, gauge.clone());
        };
        gauge("wasmtab_database_up", "Whether the database answered", &self.up);
        gauge("wasmtab_jobs", "Jobs", &self.jobs);
        gauge(
            "wasmtab_jobs_planned",
            "Jobs that have a fire ahead; others are stopped or over",
            &self.planned,
        );
        gauge("wasmtab_jobs_paused", "Jobs that are paused", &self.paused);
        gauge(
            "wasmtab_runs_held",
            "Runs that are kept back: by their turn, a pause, their handler",
            &self.held,
        );
        gauge(
            "wasmtab_queue_depth",
            "Runs that are due and wait for a place",
            &self.waiting,
        );
        gauge(
            "wasmtab_plugin_versions_active",
            "Plugins that have an active version",
            &self.active_plugins,
        );
        gauge("wasmtab_handlers", "Handlers that are bound", &self.handlers);
        let mut bytes = |name: &str, help: &str, gauge: &Gauge| {
            registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
        };
        bytes(
            "wasmtab_database_size",
            "What the database takes on disk",
            &self.database,
        );
        bytes(
            "wasmtab_database_free",
            "How much of the database is free for what comes",
            &self.free,
        );
        bytes(
            "wasmtab_database_log",
            "What the write-ahead log takes on disk",
            &self.log,
        );
        registry.register(
            "wasmtab_runs",
            "Runs that have not ended, by state",
            self.runs.clone(),
        );
        registry.register_with_unit(
            "wasmtab_queue_oldest",
            "How long the first run that waits for a place has been due",
            Unit::Seconds,
            self.oldest.clone(),
        );
    }
}
