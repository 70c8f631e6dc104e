//! A real outbox, a simulated clock, and a courier that does as it is told.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;
use tempfile::TempDir;
use wasmtab_domain::{
    alert::{Occasion, Rule, Scope},
    ids::BootId,
    status::AttemptStatus,
    time::{Clock, Timestamp},
};
use wasmtab_notify::{Courier, Refused};
use wasmtab_store::{
    Channel, Delivery, DeliveryFilter, Hint, Store, StoredRule, TakenDelivery,
    conformance::{World, at},
};
use wasmtab_store_sqlite::SqliteStore;

#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Takes what is sent to it, but for the channels that it was told of.
#[derive(Default)]
pub(crate) struct TestCourier {
    /// How many more messages a channel refuses.
    pub(crate) refuses: Mutex<HashMap<String, u32>>,
    /// Channels that never answer.
    pub(crate) silent: Mutex<HashSet<String>>,
    /// What it was given: the delivery and the try.
    pub(crate) given: Mutex<Vec<(i64, u32)>>,
}

#[async_trait]
impl Courier for TestCourier {
    async fn deliver(&self, delivery: &TakenDelivery, _: Timestamp) -> Result<u16, Refused> {
        let channel = &delivery.channel.name;
        self.given.lock().unwrap().push((delivery.id, delivery.tries));
        if self.silent.lock().unwrap().contains(channel) {
            std::future::pending::<()>().await;
        }
        if let Some(left @ 1..) = self.refuses.lock().unwrap().get_mut(channel) {
            *left -= 1;
            return Err(Refused {
                answer: Some(503),
                reason: "status 503".into(),
            });
        }
        Ok(200)
    }
}

pub(crate) struct Office {
    world: World,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) courier: Arc<TestCourier>,
    _directory: TempDir,
}

impl Office {
    pub(crate) async fn new(channels: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("wasmtab.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file).await.unwrap());
        for name in channels {
            let channel = Channel {
                name: (*name).into(),
                url: "http://127.0.0.1/".into(),
                secret: None,
                enabled: true,
                updated_at: at(0),
                updated_by: "ann".into(),
            };
            store.put_channel(channel).await.unwrap().unwrap();
            let rule = Rule {
                name: (*name).into(),
                scope: Scope::All,
                on: vec![Occasion::Failure],
                channel: (*name).into(),
            };
            let rule = StoredRule {
                rule,
                updated_at: at(0),
                updated_by: "ann".into(),
            };
            store.put_rule(rule).await.unwrap().unwrap();
        }
        Self {
            world: World::new(Arc::clone(&store)),
            store,
            clock: Arc::new(TestClock(AtomicI64::new(at(0).as_micros()))),
            courier: Arc::default(),
            _directory: directory,
        }
    }

    pub(crate) fn open(&self) -> wasmtab_notify::Delivering {
        wasmtab_notify::start(
            Arc::clone(&self.store),
            Arc::clone(&self.clock) as Arc<dyn Clock>,
            Arc::clone(&self.courier) as Arc<dyn Courier>,
        )
    }

    /// Moves the clock, and wakes whoever waits for it.
    pub(crate) fn move_to(&self, now: Timestamp) {
        self.clock.0.store(now.as_micros(), Ordering::SeqCst);
        self.store.hints().send(Hint::Alerts);
    }

    /// A job whose first `count` runs fail.
    pub(crate) async fn failures(&self, count: i64) {
        let said = json!({"name": "job", "every": 60, "overlap": "allow"});
        self.world.create(said, at(0)).await;
        for minute in 1..=count {
            let now = at(minute * 60);
            self.world.release(now).await;
            for claim in self.world.claim_for(BootId(1), now, 100).await {
                self.world.end(&claim, AttemptStatus::Failure, now).await;
            }
        }
        self.move_to(at(count * 60));
    }

    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        let all = DeliveryFilter::default();
        self.store.deliveries(&all, None, 1_000).await.unwrap().items
    }

    /// Looks at every change until the deliveries are as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let mut hints = self.store.hints().listen();
        let wait = async {
            loop {
                let now = self.deliveries().await;
                if wanted(&now) {
                    return now;
                }
                // A look that comes too late only looks again.
                let _ = tokio::time::timeout(Duration::from_secs(1), hints.recv()).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), wait)
            .await
            .unwrap_or_else(|_| panic!("did not come: {what}"))
    }
}
