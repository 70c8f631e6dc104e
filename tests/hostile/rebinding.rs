//! A name that leads somewhere else each time it is asked for. Only here the resolver is not the system's, so the runtime is used as a
//! library; everything else is as in a real run.

use std::{
    fs, io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tempfile::TempDir;
use wasmtab_domain::{
    grant::{Grants, SecretValues},
    status::{AttemptStatus, Trigger},
    time::{Clock, Timestamp},
};
use wasmtab_runtime::{
    Attempt, AttemptContext, AttemptReport, Control, Limits, LiveLog, MemoryState, NoObserver, Resolve,
    Runtime, RuntimeConfig,
};

use crate::{fixtures, web::Web};

/// An address of no host, which is granted, and then this machine, over and over.
#[derive(Debug, Default)]
struct Rebinding(AtomicUsize);

#[async_trait]
impl Resolve for Rebinding {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let addresses = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([127, 0, 0, 1])];
        Ok(vec![addresses[self.0.fetch_add(1, Ordering::Relaxed) % 2]])
    }
}

/// Everything inside at once, the first of which is not.
#[derive(Debug)]
struct Mixed;

#[async_trait]
impl Resolve for Mixed {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let inside = [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::1",
            "::ffff:127.0.0.1",
            "fd00::1",
        ];
        Ok(inside.iter().filter_map(|address| address.parse().ok()).collect())
    }
}

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000)
    }
}

async fn get(resolver: Arc<dyn Resolve>, port: u16, times: usize) -> Vec<AttemptReport> {
    let scratch = TempDir::new().expect("a scratch directory");
    // Compiled in this process: the guest is our own.
    let mut config = RuntimeConfig::new(scratch.path().join("compiled"), Vec::new(), Arc::new(Fixed));
    config.max_concurrency = 1;
    config.resolver = resolver;
    let runtime = Runtime::new(config).expect("a runtime");
    let original = Bytes::from(fs::read(fixtures::file(scratch.path(), "http-get")).expect("the guest"));
    let handler = runtime
        .load(&wasmtab_runtime::digest(&original), &original)
        .await
        .expect("the guest compiles");
    let mut grants = Grants::default();
    grants
        .allow(&format!("http=http://rebinding.example:{port}"))
        .expect("a grant");
    grants.allow("net=192.0.2.1/32").expect("a grant");
    let mut reports = Vec::new();
    for _ in 0..times {
        let attempt = Attempt {
            context: context(),
            param: format!(r#"{{"url": "http://rebinding.example:{port}/"}}"#),
            limits: Limits {
                timeout: Duration::from_secs(1),
                fuel: None,
                memory: 64 * 1024 * 1024,
            },
            grants: Arc::new(grants.clone()),
            secrets: Arc::new(SecretValues::default()),
            state: Arc::new(MemoryState::default()),
            observer: Arc::new(NoObserver),
            log: LiveLog::new(),
        };
        reports.push(runtime.run(&handler, attempt, &Control::new()).await);
    }
    reports
}

fn context() -> AttemptContext {
    AttemptContext {
        job_id: None,
        job_name: None,
        handler_name: "HttpGet".into(),
        run_id: "1".into(),
        execute_index: 1,
        trigger: Trigger::Manual,
        scheduled_at: Timestamp::default().to_string(),
        deadline: Timestamp::default().to_string(),
        shard_index: 0,
        shard_count: 1,
        upstream: None,
        completion_token: None,
    }
}

#[tokio::test]
async fn a_name_that_is_bound_anew_never_leads_inside() {
    let web = Web::start();
    // Every second answer leads to a server that would answer with success.
    for (nth, report) in get(Arc::new(Rebinding::default()), web.port(), 4)
        .await
        .iter()
        .enumerate()
    {
        if nth % 2 == 1 {
            assert_eq!(report.status, AttemptStatus::Denied, "{report:?}");
            assert!(
                report
                    .error
                    .as_deref()
                    .is_some_and(|error| error.contains("net=127.0.0.1/32")),
                "{report:?}"
            );
        } else {
            assert!(
                matches!(report.status, AttemptStatus::Timeout | AttemptStatus::Failure),
                "the address that was granted is tried, and nobody is there: {report:?}"
            );
        }
    }
}

#[tokio::test]
async fn of_many_addresses_none_that_lies_inside_is_tried() {
    let web = Web::start();
    let report = get(Arc::new(Mixed), web.port(), 1).await.remove(0);
    assert_eq!(report.status, AttemptStatus::Denied, "{report:?}");
}
