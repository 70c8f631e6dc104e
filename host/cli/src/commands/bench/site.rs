//! Where a bench takes place: a directory, a server on it, the handler that everything calls.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use wasmtab_domain::{
    ids::JobId,
    job::{JobSpec, ReadContext},
    retention::Retention,
    time::Timestamp,
};
use wasmtab_service::{Expected, HandlerPut, Principal, Push, Role, TriggerBody, view::RunView};
use wasmtab_store::{JobWrite, Store};
use wasmtab_store_postgres::Schema;
use wasmtab_store_sqlite::SqliteStore;

use super::SiteArgs;
use crate::{
    clock::SystemClock,
    exit::Failure,
    output,
    serve::{self, Options, Server},
};

/// What every job of a bench calls.
pub(super) const HANDLER: &str = "NoopHandler";
/// Jobs that are made at once: they share commits.
const AT_ONCE: usize = 256;

pub(super) struct Site {
    directory: PathBuf,
    workers: u32,
    /// Removed when this is dropped.
    _scratch: Option<TempDir>,
}

impl Site {
    /// A directory with a database in which the handler is bound.
    pub(super) async fn new(args: &SiteArgs) -> Result<Self, Failure> {
        let scratch = match &args.data_dir {
            Some(_) => None,
            // Not in /tmp, which may be memory.
            None => Some(
                tempfile::Builder::new()
                    .prefix("wasmtab-bench-")
                    .tempdir_in(".")
                    .map_err(|error| Failure::own(format!("no scratch directory: {error}")))?,
            ),
        };
        let directory = match (&args.data_dir, &scratch) {
            (Some(directory), _) => directory.clone(),
            (None, Some(scratch)) => scratch.path().to_owned(),
            (None, None) => return Err(Failure::own("no directory")),
        };
        let directory = serve::directory(&directory)?;
        let site = Self {
            directory,
            workers: args.workers.unwrap_or_else(serve::cores),
            _scratch: scratch,
        };
        if site.database().exists() {
            return Err(Failure::usage(format!(
                "data-dir: {} holds a database already; a bench wants a directory of its own",
                site.directory.display()
            )));
        }
        site.bind().await?;
        Ok(site)
    }

    pub(super) const fn workers(&self) -> u32 {
        self.workers
    }

    pub(super) fn database(&self) -> PathBuf {
        self.directory.join("wasmtab.db")
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A server in this process.
    pub(super) async fn serve(&self) -> Result<Server, Failure> {
        let options = Options {
            database_url: None,
            database_schema: Schema::default(),
            data_dir: self.directory.clone(),
            listen: ([127, 0, 0, 1], 0).into(),
            workers: Some(self.workers),
            concurrency: None,
            timezone: Some(chrono_tz::Tz::UTC),
            retention: Retention::all(Duration::from_hours(24)),
            admin_token: None,
            guard_metrics: false,
        };
        serve::start(options).await
    }

    /// The database, while no server has it.
    pub(super) async fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        let store = SqliteStore::open(&self.database()).await.map_err(Failure::own)?;
        Ok(Arc::new(store))
    }

    async fn bind(&self) -> Result<(), Failure> {
        let server = self.serve().await?;
        let sample = sample()?;
        let by = administrator();
        let push = Push {
            plugin: sample.plugin.to_owned(),
            label: None,
            activate: true,
            content: sample.component.into(),
        };
        server.service.push(&by, push).await.map_err(Failure::own)?;
        let put: HandlerPut =
            serde_json::from_value(json!({ "plugin": sample.plugin })).map_err(Failure::own)?;
        server
            .service
            .put_handler(&by, HANDLER, Expected::Unsaid, put)
            .await
            .map_err(Failure::own)?;
        self.stop(server).await;
        Ok(())
    }

    pub(super) async fn stop(&self, server: Server) {
        server
            .shut_down(Duration::from_secs(30), std::future::pending())
            .await;
    }
}

/// The handler's component.
pub(super) fn sample() -> Result<&'static wasmtab_guests::Sample, Failure> {
    wasmtab_guests::samples()
        .iter()
        .find(|sample| sample.handler_name == HANDLER)
        .ok_or_else(|| Failure::own("this program was built without the handler that a bench calls"))
}

/// Who asks for everything.
pub(super) fn administrator() -> Principal {
    Principal {
        name: "bench".into(),
        role: Role::Administrator,
    }
}

/// Starts a job by hand, and waits until its run has ended; with it the instant at which it was asked for.
pub(super) async fn run_once(server: &Server, job: JobId) -> Result<(Timestamp, RunView), Failure> {
    let (service, by) = (Arc::clone(&server.service), administrator());
    // On a thread of the server's, like a request: the main one would have to wake one of them first.
    let request = tokio::spawn(async move {
        let asked = now();
        let run = service
            .trigger(&by, job, TriggerBody::default())
            .await
            .map_err(Failure::own)?;
        let id = run.id.parse().map_err(Failure::own)?;
        let ended = service
            .wait_for_run(&by, id, Duration::from_mins(5))
            .await
            .map_err(Failure::own)?;
        Ok((asked, ended))
    });
    request.await.map_err(Failure::own)?
}

/// Makes jobs, many in one commit. `said` is what each of them says beside its name and handler.
pub(super) async fn make_jobs(
    store: &Arc<dyn Store>,
    prefix: &str,
    count: u32,
    said: impl Fn(u32) -> Value,
) -> Result<Vec<JobId>, Failure> {
    let context = ReadContext {
        default_zone: chrono_tz::Tz::UTC,
        max_memory: u64::MAX,
    };
    let mut jobs = Vec::with_capacity(count as usize);
    let mut making = tokio::task::JoinSet::new();
    for number in 0..count {
        let mut fields = Map::new();
        fields.insert("name".into(), json!(format!("{prefix}-{number:07}")));
        fields.insert("handlerName".into(), json!(HANDLER));
        if let Value::Object(said) = said(number) {
            fields.extend(said);
        }
        let spec =
            JobSpec::read(&fields, &context, None).map_err(|error| Failure::own(format!("{error:?}")))?;
        let write = JobWrite {
            spec,
            source: None,
            by: "bench".into(),
            now: now(),
        };
        if making.len() >= AT_ONCE
            && let Some(made) = making.join_next().await
        {
            jobs.push(made.map_err(Failure::own)??);
        }
        let store = Arc::clone(store);
        making.spawn(async move {
            let made = store.create_job(write).await.map_err(Failure::own)?;
            made.map(|job| job.id)
                .map_err(|refused| Failure::own(format!("a job was refused: {refused:?}")))
        });
        if number > 0 && number % 50_000 == 0 {
            output::progress(&format!("{number} jobs"));
        }
    }
    while let Some(made) = making.join_next().await {
        jobs.push(made.map_err(Failure::own)??);
    }
    Ok(jobs)
}

/// The present instant.
pub(super) fn now() -> Timestamp {
    use wasmtab_domain::time::Clock as _;
    SystemClock.now()
}

/// Waits until the database has acknowledged so many outcomes; `tell` hears of every step.
pub(super) async fn acknowledged(server: &Server, count: u64, mut tell: impl FnMut(u64)) {
    let mut look = tokio::time::interval(Duration::from_millis(10));
    let mut known = 0;
    loop {
        look.tick().await;
        let now = server.acknowledged();
        if now > known {
            known = now;
            tell(known);
        }
        if known >= count {
            return;
        }
    }
}
