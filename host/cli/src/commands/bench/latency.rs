//! `wasmtab bench latency`: from the wish that a job start to the guest's begin.

use clap::Args;
use serde_json::{Value, json};

use super::{
    SiteArgs, baseline, count, figures,
    site::{self, Site},
};
use crate::exit::Failure;

/// Bare commits are made before every so many triggers, and how many.
const TURN: u32 = 50;
const COMMITS: u32 = 10;

#[derive(Args, Debug)]
pub(crate) struct LatencyArgs {
    /// Triggers, one after another
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    triggers: u32,
    #[command(flatten)]
    site: SiteArgs,
}

impl LatencyArgs {
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let site = Site::new(&self.site).await?;
        let mut commits = baseline::Commits::new(&site).await?;
        let store = site.store().await?;
        let said = json!({ "every": "1h", "startAt": "2100-01-01T00:00:00Z" });
        let jobs = site::make_jobs(&store, "bench", 1, |_| said.clone()).await?;
        drop(store);
        let server = site.serve().await?;
        let mut lags = Vec::with_capacity(self.triggers as usize);
        for number in 0..self.triggers {
            // In turn, so that whatever else the machine does meets both alike.
            if number % TURN == 0 {
                commits.make(COMMITS).await?;
            }
            let (asked, ended) = site::run_once(&server, jobs[0]).await?;
            // The guest's first act is to read the clock; that is what it answers.
            let begun: i64 = ended
                .result
                .as_deref()
                .and_then(|result| result.parse().ok())
                .ok_or_else(|| Failure::own(format!("a run ended as {:?}", ended.status)))?;
            lags.push(begun - asked.as_micros());
        }
        site.stop(server).await;
        let (spread, commits) = (figures::spread(lags), figures::spread(commits.micros));
        let p50 = |spread: &Value| spread["p50Millis"].as_f64().unwrap_or_default();
        Ok(json!({
            "bench": "latency",
            "triggers": self.triggers,
            "lag": spread,
            "counted": count::by_another(&site.database()).await?,
            "bareCommit": commits,
            "ratios": { "p50ToBareCommit": figures::ratio(p50(&spread), p50(&commits)) },
        }))
    }
}
