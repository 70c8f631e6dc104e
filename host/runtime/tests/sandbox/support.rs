//! A runtime in a scratch directory, and attempts with defaults.

use std::{
    ffi::OsString,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use bytes::Bytes;
use tempfile::TempDir;
use wasmtab_domain::{
    grant::{Grants, SecretValues},
    status::Trigger,
    time::{Clock, Timestamp},
};
use wasmtab_runtime::{
    Attempt, AttemptContext, AttemptReport, Control, Handler, Limits, LogLine, MemoryState, Observer,
    Runtime, RuntimeConfig,
};

pub(crate) const MIB: u64 = 1024 * 1024;

/// A timeout that no test waits for.
pub(crate) const LONG: Duration = Duration::from_mins(10);
/// A timeout that tests of timeouts wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000)
    }
}

/// The argv that makes this test program the compile child.
pub(crate) fn child() -> Vec<OsString> {
    let program = std::env::current_exe().unwrap().into_os_string();
    [
        program,
        "--exact".into(),
        "compile_child".into(),
        "--nocapture".into(),
    ]
    .into()
}

/// A runtime that compiles in this process, in a directory that lives as long as it.
pub(crate) struct Fixture {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) directory: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut RuntimeConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = RuntimeConfig::new(directory.path().join("cache"), Vec::new(), Arc::new(FixedClock));
        config.max_concurrency = 8;
        change(&mut config);
        Self {
            runtime: Arc::new(Runtime::new(config).unwrap()),
            directory,
        }
    }

    pub(crate) async fn load(&self, original: Vec<u8>) -> Arc<Handler> {
        let original = Bytes::from(original);
        let inspection = self.runtime.inspect(original.clone()).await.unwrap();
        self.runtime.load(&inspection.digest, &original).await.unwrap()
    }

    /// Loads a guest and runs one attempt of it.
    pub(crate) async fn run(&self, original: Vec<u8>, attempt: Attempt) -> AttemptReport {
        let handler = self.load(original).await;
        self.runtime.run(&handler, attempt, &Control::new()).await
    }
}

/// Most tests share one runtime: making one takes longer than using it.
pub(crate) static SHARED: LazyLock<Fixture> = LazyLock::new(Fixture::new);

/// An attempt that may do nothing in particular.
pub(crate) fn attempt() -> Attempt {
    Attempt {
        context: AttemptContext {
            job_id: Some(7),
            job_name: Some("nightly".into()),
            handler_name: "TestHandler".into(),
            run_id: "4711".into(),
            execute_index: 1,
            trigger: Trigger::Cron,
            scheduled_at: "2027-01-15T16:00:00+08:00".into(),
            deadline: "2027-01-15T08:30:00Z".into(),
            shard_index: 0,
            shard_count: 1,
            upstream: None,
            completion_token: None,
        },
        param: String::new(),
        limits: Limits {
            timeout: LONG,
            fuel: None,
            memory: 64 * MIB,
        },
        grants: Arc::new(Grants::default()),
        secrets: Arc::new(SecretValues::default()),
        state: Arc::new(MemoryState::default()),
        observer: Arc::new(wasmtab_runtime::NoObserver),
        log: wasmtab_runtime::LiveLog::new(),
    }
}

/// An attempt with these grants.
pub(crate) fn granted(texts: &[&str]) -> Attempt {
    let mut grants = Grants::default();
    for text in texts {
        grants.allow(text).unwrap();
    }
    Attempt {
        grants: Arc::new(grants),
        ..attempt()
    }
}

/// An attempt with this parameter.
pub(crate) fn with_param(param: impl Into<String>) -> Attempt {
    Attempt {
        param: param.into(),
        ..attempt()
    }
}

/// An attempt that is stopped soon.
pub(crate) fn brief() -> Attempt {
    let mut attempt = attempt();
    attempt.limits.timeout = SHORT;
    attempt
}

/// Remembers what it hears, and tells when the guest began.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) lines: Mutex<Vec<LogLine>>,
    pub(crate) progress: Mutex<Vec<(u64, u64, String)>>,
    pub(crate) started: tokio::sync::Notify,
}

impl Observer for Heard {
    fn on_started(&self) {
        self.started.notify_one();
    }

    fn on_log(&self, line: &LogLine) {
        self.lines.lock().unwrap().push(line.clone());
    }

    fn on_progress(&self, done: u64, total: u64, message: &str) {
        self.progress
            .lock()
            .unwrap()
            .push((done, total, message.to_owned()));
    }
}
