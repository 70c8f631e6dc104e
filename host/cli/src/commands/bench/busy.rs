//! `wasmtab bench busy`: what it costs a guest that computes that it can be stopped anywhere.

use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};
use wasmtab_domain::time::Timestamp;

use super::{
    SiteArgs, baseline, count, figures,
    site::{self, Site},
};
use crate::exit::Failure;

#[derive(Args, Debug)]
pub(crate) struct BusyArgs {
    /// Attempts, one after another, each followed by the same guest on the bare engine
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    attempts: u32,
    /// Mebibytes whose SHA-256 each of them computes
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    mebibytes: u32,
    #[command(flatten)]
    site: SiteArgs,
}

impl BusyArgs {
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let site = Site::new(&self.site).await?;
        let param = self.mebibytes.to_string();
        let bare = baseline::unmetered(&site, &param).await?;
        let store = site.store().await?;
        let said = json!({ "every": "1h", "startAt": "2100-01-01T00:00:00Z", "handlerParam": param });
        let jobs = site::make_jobs(&store, "bench", 1, |_| said.clone()).await?;
        drop(store);
        let server = site.serve().await?;
        let (mut attempts, mut unmetered) = (Vec::new(), Vec::new());
        // In turn, so that whatever else the machine does meets both alike.
        for _ in 0..self.attempts {
            let (_, ended) = site::run_once(&server, jobs[0]).await?;
            attempts.push(length(ended.begin_time.as_deref(), ended.end_time.as_deref())?);
            let begun = Instant::now();
            bare.run().await.map_err(Failure::own)?;
            unmetered.push(begun.elapsed().as_micros() as i64);
        }
        site.stop(server).await;
        let (attempts, unmetered) = (figures::spread(attempts), figures::spread(unmetered));
        let p50 = |spread: &Value| spread["p50Millis"].as_f64().unwrap_or_default();
        Ok(json!({
            "bench": "busy",
            "mebibytes": self.mebibytes,
            "attempt": attempts,
            "counted": count::by_another(&site.database()).await?,
            "unmetered": unmetered,
            "ratios": { "p50ToUnmetered": figures::ratio(p50(&attempts), p50(&unmetered)) },
        }))
    }
}

/// From the guest's begin to its end, in microseconds.
fn length(begin: Option<&str>, end: Option<&str>) -> Result<i64, Failure> {
    let instant = |text: Option<&str>| {
        text.and_then(|text| text.parse::<Timestamp>().ok())
            .ok_or_else(|| Failure::own("a run did not begin and end"))
    };
    Ok(instant(end)?.as_micros() - instant(begin)?.as_micros())
}
