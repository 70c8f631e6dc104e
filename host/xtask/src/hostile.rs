//! What hostile guests cost their neighbours, measured: more than twenty of them at any time beside a hundred runs a second, two rounds.
//!
//! The tests of the same scenario (`tests/hostile/neighbours.rs`) time nothing. This does, on a build with all optimisations.

#[path = "../../../tests/hostile/fixtures.rs"]
#[expect(dead_code, reason = "the suite also asks for the names of all guests")]
mod fixtures;

use crate::{
    dist,
    measured::{Lags, Server},
    repo,
};
use anyhow::{Context, Result, bail, ensure};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, thread, time::Duration};

/// Jobs that mean well; each fires once a second.
const NORMAL: usize = 100;
/// How long the well-meaning jobs are alone, so that there is something to compare with.
const ALONE: Duration = Duration::from_secs(15);
/// How long a round goes on.
const ROUND: Duration = Duration::from_secs(45);
/// How long after a round memory is looked at.
const REST: Duration = Duration::from_secs(30);
/// The lag of the well-meaning runs at the 99th percentile, at most.
const LAG: Duration = Duration::from_millis(100);
/// Resident memory that the second round may have added.
const GROWTH: u64 = 32 * 1024 * 1024;

/// Measures `binary`, or one that is built for it.
pub(crate) fn run(binary: Option<&Path>) -> Result<()> {
    let binary = dist::binary::given_or_built(binary)?;
    let server = Server::start(&binary, &[])?;
    set_up(&server)?;

    println!("{NORMAL} runs a second, alone for {ALONE:?}");
    server.run(&["resume", "--label", "normal", "--yes"])?;
    thread::sleep(ALONE);
    let alone = pause(&server, None)?;
    println!("  {alone}");

    let mut wrong = Vec::new();
    let mut resident = Vec::new();
    let mut seen = alone.newest;
    for round in ["first", "second"] {
        println!("{round} round: {ROUND:?} beside the hostile guests, and {REST:?} after them");
        server.run(&["resume", "--all", "--yes"])?;
        thread::sleep(ROUND);
        let lags = pause(&server, seen.as_deref())?;
        seen.clone_from(&lags.newest);
        thread::sleep(REST);
        let memory = server.takes()?.resident;
        println!("  {lags}\n  resident memory {} MiB", memory / (1024 * 1024));
        if lags.p99 >= LAG {
            wrong.push(format!(
                "the {round} round's lag is {:?} at the 99th percentile, not below {LAG:?}",
                lags.p99
            ));
        }
        wrong.extend(lags.wrong);
        resident.push(memory);
    }
    wrong.extend(hostile_ends(&server)?);
    if resident[1] > resident[0] + GROWTH {
        wrong.push(format!(
            "resident memory grew by {} MiB from the first round to the second",
            (resident[1] - resident[0]) / (1024 * 1024)
        ));
    }
    ensure!(wrong.is_empty(), "out of bounds:\n{}", wrong.join("\n"));
    println!(
        "within bounds: lag below {LAG:?}, memory within {} MiB",
        GROWTH / (1024 * 1024)
    );
    Ok(())
}

/// Binds every guest and makes all jobs, paused.
fn set_up(server: &Server) -> Result<()> {
    let hostile = fs::read_to_string(repo::root().join("tests/hostile/neighbours.yaml"))?;
    let guests: BTreeSet<&str> = hostile
        .lines()
        .filter_map(|line| line.split_once("handlerName: ")?.1.split(',').next())
        .collect();
    for guest in &guests {
        let file = fixtures::file(server.scratch(), guest);
        server.bind(guest, guest, &file)?;
    }
    server.bind(
        "EchoHandler",
        "echo",
        &repo::root().join("plugins/prebuilt/echo.wasm"),
    )?;
    let mut normal = String::new();
    for n in 0..NORMAL {
        writeln!(
            normal,
            "- {{name: normal-{n}, every: 1s, handlerName: EchoHandler, overlap: allow, misfire: all, labels: [normal]}}"
        )?;
    }
    for jobs in [&hostile, &normal] {
        server.apply(jobs)?;
        server.run(&["pause", "--all", "--note", "not yet", "--yes"])?;
    }
    Ok(())
}

/// Ends a round: how late the well-meaning runs began that were scheduled after `since`.
fn pause(server: &Server, since: Option<&str>) -> Result<Lags> {
    server.run(&["pause", "--all", "--note", "between rounds", "--yes"])?;
    for _ in 0..600 {
        let mut active = 0;
        for state in ["queued", "running", "waitingRetry"] {
            active += server
                .items(&["run", "list", "--state", state, "--limit", "1"])?
                .len();
        }
        if active == 0 {
            let mut list = vec!["run", "list", "--label", "normal", "--limit", "100000"];
            list.extend(since.iter().flat_map(|since| ["--since", since]));
            return Lags::of(&server.items(&list)?);
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("runs go on a minute after everything was paused")
}

/// Hostile runs that did not end as their job's label says.
fn hostile_ends(server: &Server) -> Result<Vec<String>> {
    let jobs = server.items(&["job", "list", "--label", "hostile", "--limit", "1000"])?;
    let mut wrong = Vec::new();
    for job in &jobs {
        let name = job["name"].as_str().context("a job has a name")?;
        let labels = job["labels"].as_array().context("a job has labels")?;
        let ends = labels
            .iter()
            .find_map(|label| label.as_str()?.strip_prefix("ends:"))
            .context("it says how it ends")?;
        let runs = server.items(&["run", "list", "--job", name, "--limit", "100000"])?;
        let others = runs.iter().filter(|run| run["status"] != ends).count();
        if runs.is_empty() || others > 0 {
            wrong.push(format!(
                "{others} of {} runs of {name} did not end as {ends}",
                runs.len()
            ));
        }
    }
    println!("{} hostile jobs looked at", jobs.len());
    Ok(wrong)
}
