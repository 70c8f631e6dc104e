//! One server: everything that lives as long as the process does.

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use prometheus_client::registry::Registry;
use rustix::process::setpriority_process;
use tokio::{net::TcpListener, runtime::Runtime as Threads, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wasmtab_domain::{ids::BootId, ids::IdSource, retention::Retention};
use wasmtab_notify::{Delivering, Webhook};
use wasmtab_runtime::{LiveLogs, Runtime, RuntimeConfig};
use wasmtab_scheduler::{Config, Running, Sandbox};
use wasmtab_service::{Metrics, RuntimeInspector, Service, ServiceConfig};
use wasmtab_store::Store;
use wasmtab_store_postgres::Schema;

use super::{
    args::ServeArgs,
    database::{Database, Opened},
    process, shown,
    surroundings::Machine,
};
use crate::exit::Failure;

/// Attempts that go on at once for each thread that guests run on, unless their number is said. Most attempts wait for something most of the time.
const CONCURRENCY_PER_WORKER: u32 = 64;
/// How far guests' threads stand behind the others of this process.
const GUEST_NICENESS: i32 = 10;
/// Threads at least beyond those on which guests compute for long: there, runs begin at once, and quick ones end.
const STARTING: u32 = 4;
/// The setting that names the zone of jobs that name none.
const TIMEZONE: &str = "timezone";
/// The setting that names the zone data with which next fires were computed.
const ZONE_DATA: &str = "zoneData";

/// How a server is set up.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) database_url: Option<String>,
    pub(crate) database_schema: Schema,
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) workers: Option<u32>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) timezone: Option<chrono_tz::Tz>,
    pub(crate) retention: Retention,
    pub(crate) admin_token: Option<String>,
    pub(crate) guard_metrics: bool,
}

impl From<ServeArgs> for Options {
    fn from(args: ServeArgs) -> Self {
        Self {
            database_url: args.database_url,
            database_schema: args.database_schema,
            data_dir: args.data_dir,
            listen: args.listen,
            workers: args.workers,
            concurrency: args.concurrency,
            timezone: args.timezone,
            retention: args.retention.into(),
            admin_token: args.admin_token.filter(|token| !token.is_empty()),
            guard_metrics: args.guard_metrics,
        }
    }
}

/// A server that serves.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) timezone: String,
    pub(crate) service: Arc<Service>,
    scheduler: Running,
    delivering: Delivering,
    api: JoinHandle<std::io::Result<()>>,
    stop_api: CancellationToken,
    _guests: Guests,
}

/// The threads of guests. Blocking file calls of guests may still go on when they are dropped; nobody waits for them, and where
/// everything else runs nobody may.
struct Guests(Option<Threads>);

impl Drop for Guests {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// Opens the database, starts the sandbox and the scheduler, and listens.
pub(crate) async fn start(options: Options) -> Result<Server, Failure> {
    let data_dir = directory(&options.data_dir)?;
    let database = Database::of(
        options.database_url.as_deref(),
        &options.database_schema,
        &data_dir,
    )?;
    let Opened { store, timer } = database.open().await?;
    let timezone = settle_timezone(store.as_ref(), options.timezone).await?;
    let replan = zone_data_changed(store.as_ref()).await?;

    let workers = options.workers.unwrap_or_else(cores);
    let concurrency = options
        .concurrency
        .unwrap_or_else(|| workers.saturating_mul(CONCURRENCY_PER_WORKER));
    let mut config = RuntimeConfig::new(data_dir.join("compiled"), compiler()?, timer.clone());
    config.max_concurrency = concurrency;
    config.computing = workers as usize;
    let runtime = Arc::new(Runtime::new(config).map_err(Failure::own)?);
    let guests = guest_threads(workers + workers.max(STARTING))?;
    let handle = guests.handle().clone();
    let guests = Guests(Some(guests));

    let completion = wasmtab_service::completion_key(&*store)
        .await
        .map_err(Failure::own)?;
    let live = Arc::new(LiveLogs::default());
    let service_config = ServiceConfig {
        live: Arc::clone(&live),
        max_memory: runtime.config().max_memory,
        max_upload: runtime.config().compile.upload,
        admin_token: options.admin_token,
        completion: completion.clone(),
        surroundings: Some(Arc::new(Machine {
            data_dir: data_dir.clone(),
            database: database.file().map(Path::to_owned),
            concurrency,
            serving: true,
        })),
    };
    let inspector = Arc::new(RuntimeInspector(Arc::clone(&runtime)));
    let service = Arc::new(Service::new(
        Arc::clone(&store),
        inspector,
        timer.clone(),
        service_config,
    ));

    // Listening comes before planning: a port that is taken ends the start with nothing fired.
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        Failure::own(format!(
            "listen: {} cannot be listened on: {error}",
            options.listen
        ))
    })?;
    let address = listener.local_addr().map_err(Failure::own)?;

    let now = timer.now();
    let boot_id = BootId(IdSource::new(u64::from(std::process::id()), 0).next(now));
    let config = Config {
        node: node_name(),
        boot_id,
        concurrency,
        retention: options.retention,
        guests: handle,
        replan,
    };
    let sandbox = Arc::new(Sandbox::new(
        Arc::clone(&store),
        runtime,
        timer.clone(),
        completion,
        live,
    ));
    let scheduler = wasmtab_scheduler::start(config, Arc::clone(&store), timer.clone(), sandbox)
        .await
        .map_err(Failure::own)?;

    let courier = Arc::new(Webhook::new().map_err(Failure::own)?);
    let delivering = wasmtab_notify::start(Arc::clone(&store), timer.clone(), courier);

    let mut registry = Registry::default();
    scheduler.meters().register(&mut registry);
    process::register(&mut registry, now);
    let metrics = Metrics::new(registry, store, timer);

    let stop_api = CancellationToken::new();
    let router = wasmtab_server::router(
        Arc::clone(&service),
        wasmtab_server::Options {
            closing: stop_api.clone(),
            metrics: Some(Arc::new(metrics)),
            guard_metrics: options.guard_metrics,
        },
    );
    let api = tokio::spawn(wasmtab_server::serve(listener, router, stop_api.clone()));
    Ok(Server {
        address,
        data_dir,
        timezone,
        service,
        scheduler,
        delivering,
        api,
        stop_api,
        _guests: guests,
    })
}

impl Server {
    /// Outcomes that the database has acknowledged since the start.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.scheduler.meters().acknowledged()
    }

    /// Claims nothing more, waits for attempts until `patience` or `hurry` ends, abandons the rest, and leaves.
    pub(crate) async fn shut_down(self, patience: Duration, hurry: impl Future<Output = ()>) {
        self.scheduler.shut_down(patience, hurry).await;
        // The API answers until the end, so that operators see the draining.
        self.stop_api.cancel();
        if let Ok(Err(error)) = self.api.await {
            tracing::warn!(%error, "the API ended badly: {error}");
        }
        self.delivering.shut_down().await;
    }
}

/// The runtime that guests run on. Its threads yield to all others of this process: a fire's way to its start has many steps, and
/// each of them would wait for a loop's turn to end.
fn guest_threads(workers: u32) -> Result<Threads, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers as usize)
        .thread_name("guest")
        // New attempts come through the global queue, deadlines from the timer: neither may wait for 61 turns of guests that
        // take a millisecond each, which is how often tokio looks by itself.
        .global_queue_interval(1)
        .event_interval(4)
        .on_thread_start(|| {
            if let Err(error) = setpriority_process(None, GUEST_NICENESS) {
                tracing::warn!(%error, "guests run with the same priority as everything else: {error}");
            }
        })
        .enable_all()
        .build()
        .map_err(|error| Failure::own(format!("no threads for guests: {error}")))
}

pub(crate) fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let refused = |error| Failure::own(format!("data-dir: {} cannot be used: {error}", shown(path)));
    std::fs::create_dir_all(path).map_err(refused)?;
    path.canonicalize().map_err(refused)
}

/// The zone is chosen once, when the database is new; a server that is moved keeps its jobs' hours.
async fn settle_timezone(store: &dyn Store, asked: Option<chrono_tz::Tz>) -> Result<String, Failure> {
    if let Some(kept) = store.setting(TIMEZONE).await.map_err(Failure::own)? {
        if let Some(asked) = asked.filter(|asked| asked.name() != kept) {
            tracing::warn!("--timezone {asked} is passed over: this database was set up with {kept}");
        }
        return Ok(kept);
    }
    let zone = asked.unwrap_or_else(|| {
        let system = iana_time_zone::get_timezone().ok();
        system.as_deref().and_then(|name| name.parse().ok()).unwrap_or_else(|| {
            tracing::warn!("the system names no time zone that is known; jobs that name none follow UTC (see --timezone)");
            chrono_tz::Tz::UTC
        })
    });
    store
        .set_setting(TIMEZONE, Some(zone.name()))
        .await
        .map_err(Failure::own)?;
    Ok(zone.name().to_owned())
}

/// Whether next fires were computed with other zone data than this program's; from now on they are this program's.
async fn zone_data_changed(store: &dyn Store) -> Result<bool, Failure> {
    let kept = store.setting(ZONE_DATA).await.map_err(Failure::own)?;
    store
        .set_setting(ZONE_DATA, Some(chrono_tz::IANA_TZDB_VERSION))
        .await
        .map_err(Failure::own)?;
    Ok(kept.is_some_and(|kept| kept != chrono_tz::IANA_TZDB_VERSION))
}

/// Untrusted bytes are compiled by this same program, as a child within bounds.
pub(crate) fn compiler() -> Result<Vec<OsString>, Failure> {
    let program =
        std::env::current_exe().map_err(|error| Failure::own(format!("this program's own path: {error}")))?;
    Ok(vec![program.into(), "compile-child".into()])
}

/// Threads that this machine can run at once.
pub(crate) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

fn node_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
