//! `wasmtab bench idle`: many jobs, none of which is due.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{
    SiteArgs, figures,
    site::{self, Site},
};
use crate::exit::Failure;

#[derive(Args, Debug)]
pub(crate) struct IdleArgs {
    /// Jobs
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    jobs: u32,
    /// How long the processor is watched, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    watch: u64,
    #[command(flatten)]
    site: SiteArgs,
}

impl IdleArgs {
    pub(super) async fn run(self) -> Result<Value, Failure> {
        let site = Site::new(&self.site).await?;
        let store = site.store().await?;
        site::make_jobs(
            &store,
            "bench",
            self.jobs,
            |number| json!({ "cronExpression": format!("{} {} 1 1 *", number % 60, number / 60 % 24) }),
        )
        .await?;
        drop(store);

        // A process of its own: what making the jobs took of memory is not what serving them takes.
        let program = std::env::current_exe().map_err(Failure::own)?;
        let begun = Instant::now();
        let mut server = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(site.directory())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::own(format!("the server does not start: {error}")))?;
        let stdout = server.stdout.take().ok_or_else(|| Failure::own("no pipe"))?;
        let first = BufReader::new(stdout).lines().next_line().await;
        let started = begun.elapsed();
        if !matches!(first, Ok(Some(_))) {
            return Err(Failure::own("the server ended before it listened"));
        }
        let id = server.id().ok_or_else(|| Failure::own("the server has ended"))?;
        let cpu_before = cpu_seconds(id)?;
        tokio::time::sleep(Duration::from_secs(self.watch)).await;
        let cpu = cpu_seconds(id)? - cpu_before;
        let memory = resident_bytes(id)?;
        server.kill().await.map_err(Failure::own)?;
        Ok(json!({
            "bench": "idle",
            "jobs": self.jobs,
            "startSeconds": figures::round(started.as_secs_f64()),
            "residentMiB": figures::round(memory / f64::from(1 << 20)),
            "cpuPercentOfACore": figures::round(cpu / self.watch as f64 * 100.0),
        }))
    }
}

/// Processor time of a process so far, in user and kernel mode.
fn cpu_seconds(id: u32) -> Result<f64, Failure> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).map_err(Failure::own)?;
    // The second field is the program's name in parentheses, which may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

fn resident_bytes(id: u32) -> Result<f64, Failure> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).map_err(Failure::own)?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib * 1_024.0)
        .ok_or_else(|| Failure::own("the system does not tell the server's memory"))
}
