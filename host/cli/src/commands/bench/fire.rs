//! `wasmtab bench fire`: many jobs are due at once.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use wasmtab_domain::time::Timestamp;

use super::{
    SiteArgs, baseline, count, figures,
    site::{self, Site},
};
use crate::exit::Failure;

/// From the last job's making to the instant, at least.
const LEAD: Duration = Duration::from_secs(5);
/// What is done ahead of the instant is done within this.
const AHEAD: Duration = Duration::from_secs(1);

#[derive(Args, Debug)]
pub(crate) struct FireArgs {
    /// Jobs
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    jobs: u32,
    /// Spread the jobs evenly over so many seconds, in place of one instant
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    spread: Option<u32>,
    #[command(flatten)]
    site: SiteArgs,
}

impl FireArgs {
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let site = Site::new(&self.site).await?;
        let instant = self.make(&site).await?;
        let server = site.serve().await?;
        // Shortly before, beside a server that has nothing to do yet: a machine is another one within a minute.
        let engine = baseline::engine(&site, self.jobs).await?;
        let begin = instant.minus(AHEAD);
        if site::now() >= begin {
            return Err(Failure::own(
                "making the jobs took longer than was thought, nothing was measured; ask for fewer",
            ));
        }
        tokio::time::sleep(begin.since(site::now())).await;
        let cpu = figures::cpu_micros();
        site::acknowledged(&server, u64::from(self.jobs), |_| {}).await;
        let cpu_micros = (figures::cpu_micros() - cpu) as f64 / f64::from(self.jobs);
        site.stop(server).await;
        let engine = engine.mean(baseline::engine(&site, self.jobs).await?);
        let counted = count::by_another(&site.database()).await?;
        let at_best = f64::from(self.jobs) / engine.starts_per_second * 1_000.0;
        let last = counted["lag"]["maxMillis"].as_f64().unwrap_or_default();
        Ok(json!({
            "bench": "fire",
            "jobs": self.jobs,
            "spreadSeconds": self.spread,
            "counted": counted,
            "wasmtime": engine.json(),
            "bareMillis": figures::round(at_best),
            "cpuMicrosPerRun": figures::round(cpu_micros),
            "ratios": {
                "lastBeginToBare": figures::ratio(last, at_best),
                "cpuToBareWasmtime": figures::ratio(cpu_micros, engine.cpu_micros),
            },
        }))
    }

    /// Makes the jobs; the instant at which the first of them is due.
    async fn make(&self, site: &Site) -> Result<Timestamp, Failure> {
        let store = site.store().await?;
        // How long making them takes is told by some that never fire.
        let trial = (self.jobs / 10).clamp(1, 1_000);
        let begun = site::now();
        let far = json!({ "every": "1d", "startAt": "2100-01-01T00:00:00Z", "status": "stopped" });
        site::make_jobs(&store, "trial", trial, |_| far.clone()).await?;
        let whole = site::now().since(begun) * (self.jobs / trial) * 2;
        let instant = site::now().plus(whole + LEAD);
        let step = Duration::from_secs(self.spread.unwrap_or(0).into()) / self.jobs;
        site::make_jobs(&store, "bench", self.jobs, |number| {
            let at = instant.plus(step * number);
            json!({ "every": "1d", "startAt": at.to_string() })
        })
        .await?;
        Ok(instant)
    }
}
