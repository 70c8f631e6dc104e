//! `wasmtab bench`: what this machine can hold, as numbers, each beside what it could hold at best.
//!
//! A bench is a whole server in this process, with a database and handlers of its own, and nothing of it is simulated. It does
//! not grade itself: the rows are counted by another process, which knows nothing but the file.

mod baseline;
mod busy;
mod count;
mod drain;
mod figures;
mod fire;
mod idle;
mod latency;
mod site;

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::Value;

pub(crate) use self::count::CountArgs;
use crate::{context::Context, exit::Failure, output::cell};

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// How fast a backlog of runs of a no-op handler is worked off
    Drain(drain::DrainArgs),
    /// From a trigger to the guest's begin, one at a time
    Latency(latency::LatencyArgs),
    /// How late runs of many jobs begin that are due in the same instant, or in the same second
    Fire(fire::FireArgs),
    /// What it costs a guest that computes that it can be stopped anywhere
    Busy(busy::BusyArgs),
    /// What many jobs cost that are not due: time to start, memory, processor
    Idle(idle::IdleArgs),
    /// Count the rows of a database that a bench left
    #[command(hide = true)]
    Count(CountArgs),
}

/// Flags of every bench.
#[derive(Args, Clone, Debug)]
pub(crate) struct SiteArgs {
    /// Threads that guests run on [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    workers: Option<u32>,
    /// Work in this empty directory, on the file system that is of interest, and leave everything there [default: a
    /// scratch directory in the present one, removed at the end]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,
}

impl BenchCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let figures = match self {
            Self::Drain(args) => args.run().await?,
            Self::Latency(args) => args.run().await?,
            Self::Fire(args) => args.run().await?,
            Self::Busy(args) => args.run().await?,
            Self::Idle(args) => args.run().await?,
            Self::Count(args) => args.run().await?,
        };
        context.out.one(&figures, |figures| {
            let mut text = String::new();
            lines("", figures, &mut text);
            text
        })
    }
}

/// One figure a line, named by its path.
fn lines(path: &str, value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                lines(&path, member, text);
            }
        }
        other => {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{path:<44} {}", cell::text(other, ""));
        }
    }
}
