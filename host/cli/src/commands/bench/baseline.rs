//! What this machine could hold at best: the engine without anything around it, the database without anything before it.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};
use wasmtab_runtime::{
    Handler, Runtime, RuntimeConfig,
    baseline::{Bare as BareEngine, Unmetered},
};
use wasmtab_store_sqlite::baseline::Bare;

use super::{
    figures,
    site::{self, Site},
};
use crate::{clock::SystemClock, exit::Failure, serve};

/// Sandboxes that one measurement of the engine starts on each of its threads, at least and at most.
const STARTS: std::ops::RangeInclusive<u32> = 1_000..=20_000;

/// What bare wasmtime holds.
#[derive(Clone, Copy)]
pub(super) struct Engine {
    pub(super) starts_per_second: f64,
    pub(super) cpu_micros: f64,
}

/// What the bare database holds.
#[derive(Clone, Copy)]
pub(super) struct Database {
    pub(super) runs_per_second: f64,
    pub(super) cpu_micros: f64,
}

/// Fresh sandboxes of the same guest, with the same linker, limits and WASI context, on as many threads; nothing is recorded.
pub(super) async fn engine(site: &Site, runs: u32) -> Result<Engine, Failure> {
    let starts = runs.clamp(*STARTS.start(), *STARTS.end());
    let (runtime, handler) = loaded(site).await?;
    let runtime = Arc::new(runtime);
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(site.workers() as usize)
        .enable_all()
        .build()
        .map_err(Failure::own)?;
    let (begun, cpu) = (Instant::now(), figures::cpu_micros());
    let loops: Vec<_> = (0..site.workers())
        .map(|_| {
            let (runtime, handler) = (Arc::clone(&runtime), Arc::clone(&handler));
            threads.spawn(async move {
                let bare = BareEngine::new(&runtime, &handler);
                for _ in 0..starts {
                    bare.start().await?;
                    // As between two attempts: what else is ready comes first.
                    tokio::task::yield_now().await;
                }
                Ok::<_, String>(())
            })
        })
        .collect();
    for ended in loops {
        ended.await.map_err(Failure::own)?.map_err(Failure::own)?;
    }
    let starts = f64::from(starts * site.workers());
    let engine = Engine {
        starts_per_second: starts / begun.elapsed().as_secs_f64(),
        cpu_micros: (figures::cpu_micros() - cpu) as f64 / starts,
    };
    threads.shutdown_background();
    Ok(engine)
}

/// The same guest where nothing would stop it.
pub(super) async fn unmetered(site: &Site, param: &str) -> Result<Unmetered, Failure> {
    let (_, handler) = loaded(site).await?;
    Unmetered::new(config(site)?, &handler, site::sample()?.component, param).map_err(Failure::own)
}

/// A runtime like a server's, and the guest in it.
async fn loaded(site: &Site) -> Result<(Runtime, Arc<Handler>), Failure> {
    let runtime = Runtime::new(config(site)?).map_err(Failure::own)?;
    let content: bytes::Bytes = site::sample()?.component.into();
    let inspection = runtime.inspect(content.clone()).await.map_err(Failure::own)?;
    let handler = runtime
        .load(&inspection.digest, &content)
        .await
        .map_err(Failure::own)?;
    Ok((runtime, handler))
}

fn config(site: &Site) -> Result<RuntimeConfig, Failure> {
    let compiled = site.directory().join("compiled");
    let mut config = RuntimeConfig::new(compiled, serve::compiler()?, Arc::new(SystemClock));
    config.max_concurrency = site.workers() * 64;
    Ok(config)
}

/// The rows of so many runs, written as the scheduler writes them but by nobody for nobody: claims and log rows of 500 in
/// one commit, outcomes and the ends of the runs in the next.
pub(super) async fn database(site: &Site, runs: u32) -> Result<Database, Failure> {
    let name = format!("baseline-{}.db", site::now().as_micros());
    let mut bare = open(site, &name).await?;
    bare.enqueue(runs).await.map_err(Failure::own)?;
    let (begun, cpu) = (Instant::now(), figures::cpu_micros());
    bare.work_off().await.map_err(Failure::own)?;
    Ok(Database {
        runs_per_second: f64::from(runs) / begun.elapsed().as_secs_f64(),
        cpu_micros: (figures::cpu_micros() - cpu) as f64 / f64::from(runs),
    })
}

/// Durable commits of one row each, and how long they took.
pub(super) struct Commits {
    bare: Bare,
    pub(super) micros: Vec<i64>,
}

impl Commits {
    pub(super) async fn new(site: &Site) -> Result<Self, Failure> {
        let bare = open(site, "commits.db").await?;
        Ok(Self {
            bare,
            micros: Vec::new(),
        })
    }

    /// Makes so many more.
    pub(super) async fn make(&mut self, count: u32) -> Result<(), Failure> {
        for _ in 0..count {
            let begun = Instant::now();
            self.bare.enqueue(1).await.map_err(Failure::own)?;
            self.micros.push(begun.elapsed().as_micros() as i64);
        }
        Ok(())
    }
}

async fn open(site: &Site, name: &str) -> Result<Bare, Failure> {
    Bare::open(&site.directory().join(name))
        .await
        .map_err(Failure::own)
}

impl Engine {
    /// The mean of what it held before something and after it: machines change meanwhile.
    pub(super) fn mean(self, after: Self) -> Self {
        Self {
            starts_per_second: f64::midpoint(self.starts_per_second, after.starts_per_second),
            cpu_micros: f64::midpoint(self.cpu_micros, after.cpu_micros),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "startsPerSecond": self.starts_per_second.round(), "cpuMicrosPerStart": figures::round(self.cpu_micros),
        })
    }
}

impl Database {
    /// The same of the database.
    pub(super) fn mean(self, after: Self) -> Self {
        Self {
            runs_per_second: f64::midpoint(self.runs_per_second, after.runs_per_second),
            cpu_micros: f64::midpoint(self.cpu_micros, after.cpu_micros),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "runsPerSecond": self.runs_per_second.round(), "cpuMicrosPerRun": figures::round(self.cpu_micros),
        })
    }
}
