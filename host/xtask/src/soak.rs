//! `cargo xtask soak`: whether a server that fires a thousand times a second, for long, takes more and more of its machine.

use crate::{
    dist,
    measured::{Lags, Server, Use},
    repo,
};
use anyhow::{Result, ensure};
use std::{
    fmt::Write as _,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// Jobs whose runs are looked at one by one.
const WATCHED: u32 = 10;
/// From one look to the next.
const PERIOD: Duration = Duration::from_mins(1);
/// How long the log is kept: it is as long as it will ever be before the looks that are compared with.
const RETENTION: &str = "3m";
/// The look after which everything has to stay as it is.
const SETTLED: usize = 5;
/// Looks that are taken together, since a single one meets what else the machine does.
const TOGETHER: usize = 5;
/// Memory that may have been added.
const MEMORY: u64 = 32 * 1024 * 1024;
/// Descriptors that may have been added: the clients' of the moment.
const DESCRIPTORS: u64 = 8;
/// The size of the files, against what it was.
const FILES: f64 = 1.25;
/// The lag, against what it was; and what more is no matter.
const LAG: (u32, Duration) = (2, Duration::from_millis(10));

/// How long, and how much.
#[derive(clap::Args)]
pub(crate) struct SoakArgs {
    /// How long it goes on
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(15..))]
    minutes: u32,
    /// Jobs, each of which fires once a second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..))]
    jobs: u32,
    /// Measure this binary instead of building one with all optimisations
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(args: &SoakArgs) -> Result<()> {
    let binary = dist::binary::given_or_built(args.binary.as_deref())?;
    let server = Server::start(&binary, &["--retention", RETENTION])?;
    server.bind(
        "EchoHandler",
        "echo",
        &repo::root().join("plugins/prebuilt/echo.wasm"),
    )?;
    server.apply(&jobs(args.jobs)?)?;
    println!(
        "{} runs a second for {} minutes; the log is kept for {RETENTION}",
        args.jobs, args.minutes
    );
    println!("minute  memory MiB  descriptors  files MiB  lag p50 ms  lag p99 ms");
    let begun = Instant::now();
    let mut looks = Vec::new();
    for minute in 1..=args.minutes {
        thread::sleep((PERIOD * minute).saturating_sub(begun.elapsed()));
        let look = Look::of(&server)?;
        println!("{minute:>6}  {look}");
        looks.push(look);
    }
    let wrong = compare(
        &Look::middle(&looks[SETTLED..SETTLED + TOGETHER]),
        &Look::middle(&looks[looks.len() - TOGETHER..]),
    );
    ensure!(
        wrong.is_empty(),
        "it does not stay as it is:\n{}",
        wrong.join("\n")
    );
    println!("everything is at the end as it was after minute {SETTLED}");
    Ok(())
}

fn jobs(count: u32) -> Result<String> {
    let mut jobs = String::new();
    for n in 0..count {
        let name = if n < WATCHED { "watched" } else { "other" };
        writeln!(
            jobs,
            "- {{name: {name}-{n}, every: 1s, handlerName: EchoHandler, overlap: allow, misfire: all}}"
        )?;
    }
    Ok(jobs)
}

/// What a minute was like.
struct Look {
    takes: Use,
    p50: Duration,
    p99: Duration,
}

impl Look {
    fn of(server: &Server) -> Result<Self> {
        let takes = server.takes()?;
        let mut runs = Vec::new();
        for n in 0..WATCHED {
            // Those of the last minute, but for the one that may be going on.
            let of = server.items(&[
                "run",
                "list",
                "--job",
                &format!("watched-{n}"),
                "--state",
                "success",
                "--limit",
                "58",
            ])?;
            runs.extend(of);
        }
        let lags = Lags::of(&runs)?;
        for state in ["failure", "trap", "timeout", "abandoned", "denied", "noHandler"] {
            let others = server.items(&["run", "list", "--state", state, "--limit", "1"])?;
            ensure!(others.is_empty(), "a run did not succeed: {}", others[0]);
        }
        Ok(Self {
            takes,
            p50: lags.p50,
            p99: lags.p99,
        })
    }

    /// The middle of each figure.
    fn middle(looks: &[Self]) -> Self {
        fn middle<T: Ord + Copy>(looks: &[Look], figure: impl Fn(&Look) -> T) -> T {
            let mut figures: Vec<_> = looks.iter().map(figure).collect();
            figures.sort_unstable();
            figures[figures.len() / 2]
        }
        Self {
            takes: Use {
                resident: middle(looks, |look| look.takes.resident),
                descriptors: middle(looks, |look| look.takes.descriptors),
                files: middle(looks, |look| look.takes.files),
            },
            p50: middle(looks, |look| look.p50),
            p99: middle(looks, |look| look.p99),
        }
    }
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
        let millis = |length: Duration| length.as_secs_f64() * 1_000.0;
        write!(
            f,
            "{:>10.1}  {:>11}  {:>9.1}  {:>10.1}  {:>10.1}",
            mib(self.takes.resident),
            self.takes.descriptors,
            mib(self.takes.files),
            millis(self.p50),
            millis(self.p99)
        )
    }
}

/// In what the end is worse than the time after the begin.
fn compare(before: &Look, end: &Look) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{what}:\n  {before}\n  {end}"));
        }
    };
    let (had, has) = (&before.takes, &end.takes);
    demand(has.resident <= had.resident + MEMORY, "memory grew");
    demand(
        has.descriptors <= had.descriptors + DESCRIPTORS,
        "descriptors are not given back",
    );
    demand(has.files as f64 <= had.files as f64 * FILES, "the files grew");
    let (times, more) = LAG;
    demand(
        end.p50 <= before.p50 * times + more && end.p99 <= before.p99 * times + more,
        "the lag grew",
    );
    wrong
}
