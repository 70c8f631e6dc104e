//! `wasmtab bench drain`: a backlog is worked off.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use wasmtab_store::NewBackfill;

use super::{
    SiteArgs, baseline, count, figures,
    site::{self, Site},
};
use crate::exit::Failure;

/// Jobs that the runs are of.
const JOBS: u32 = 100;

#[derive(Args, Debug)]
pub(crate) struct DrainArgs {
    /// Runs that wait when the server starts
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    runs: u32,
    /// Tell on standard error, a JSON line each time, how many outcomes the database has acknowledged
    #[arg(long)]
    tell: bool,
    #[command(flatten)]
    site: SiteArgs,
}

impl DrainArgs {
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let site = Site::new(&self.site).await?;
        let rows = self.runs.min(200_000);
        let engine = baseline::engine(&site, self.runs).await?;
        let database = baseline::database(&site, rows).await?;
        enqueue(&site, self.runs).await?;

        let server = site.serve().await?;
        let (begun, cpu) = (Instant::now(), figures::cpu_micros());
        site::acknowledged(&server, u64::from(self.runs), |count| {
            if self.tell {
                // Nobody may be listening any more.
                let _ = writeln!(std::io::stderr(), "{{\"acknowledged\":{count}}}");
            }
        })
        .await;
        let (took, cpu) = (begun.elapsed().as_secs_f64(), figures::cpu_micros() - cpu);
        site.stop(server).await;
        let engine = engine.mean(baseline::engine(&site, self.runs).await?);
        let database = database.mean(baseline::database(&site, rows).await?);

        let runs = f64::from(self.runs);
        let (per_second, cpu_micros) = (runs / took, cpu as f64 / runs);
        Ok(json!({
            "bench": "drain",
            "runs": self.runs,
            "workers": site.workers(),
            "seconds": figures::round(took),
            "runsPerSecond": per_second.round(),
            "cpuMicrosPerRun": figures::round(cpu_micros),
            "counted": count::by_another(&site.database()).await?,
            "wasmtime": engine.json(),
            "database": database.json(),
            "ratios": {
                "runsToBareDatabase": figures::ratio(per_second, database.runs_per_second),
                "cpuToBareWasmtimeAndDatabase": figures::ratio(cpu_micros, engine.cpu_micros + database.cpu_micros),
            },
        }))
    }
}

/// Runs that are due, of many jobs that let them overlap.
async fn enqueue(site: &Site, runs: u32) -> Result<(), Failure> {
    let store = site.store().await?;
    let said = json!({ "every": "1h", "startAt": "2100-01-01T00:00:00Z", "overlap": "allow" });
    let jobs = site::make_jobs(&store, "bench", JOBS.min(runs), |_| said.clone()).await?;
    let now = site::now();
    let of_each = runs.div_ceil(jobs.len() as u32);
    let mut left = runs;
    for job_id in jobs {
        let count = of_each.min(left);
        left -= count;
        let fires = (0..u64::from(count))
            .map(|back| now.minus(Duration::from_secs(back)))
            .collect();
        let backfill = NewBackfill {
            job_id,
            fires,
            handler_param: None,
            overlap: None,
            by: "bench".into(),
            now,
        };
        store.backfill(backfill).await.map_err(Failure::own)?;
    }
    Ok(())
}
