//! `cargo xtask test`: everything that CI runs. One step a file; the first that fails ends it.

mod clippy;
mod clock;
pub(crate) mod databases;
mod deny;
mod docs;
mod end_to_end;
mod format;
mod machete;
mod plugins;
mod workspace;

use crate::{fuzz, generate, guests};
use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// A heading and what is done under it.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("formatting", format::run),
    ("lints", clippy::run),
    ("committed guests match their sources", guests::check),
    ("database servers for the tests", databases::run),
    ("a clock that tests can set", clock::run),
    ("tests", workspace::run),
    ("a bounded time of fuzzing", fuzz::check),
    ("tests of the guest SDK and samples", plugins::run),
    ("documentation", docs::run),
    ("licences, sources and bans", deny::run),
    ("unused dependencies", machete::run),
    ("generated files", generate::check),
    ("end-to-end and hostile tests, guests built here", end_to_end::run),
];

/// Runs the steps and says how each one ended.
pub(crate) fn run() -> Result<()> {
    let began = Instant::now();
    let mut summary = Vec::new();
    for (index, (name, step)) in STEPS.iter().enumerate() {
        println!("\n== {}/{} {name}", index + 1, STEPS.len());
        let step_began = Instant::now();
        let outcome = step();
        let took = step_began.elapsed();
        if let Err(error) = outcome {
            summary.push(line("FAILED", name, took));
            summary.extend(
                STEPS[index + 1..]
                    .iter()
                    .map(|(name, _)| format!("  not run      -  {name}")),
            );
            print_summary(&summary);
            bail!("{name}: {error:#}");
        }
        println!("== ok, {:.1} s", took.as_secs_f32());
        summary.push(line("ok", name, took));
    }
    print_summary(&summary);
    println!("everything passed in {:.0} s", began.elapsed().as_secs_f32());
    Ok(())
}

fn line(outcome: &str, name: &str, took: Duration) -> String {
    format!("  {outcome:<7} {:>5.0} s  {name}", took.as_secs_f32())
}

fn print_summary(lines: &[String]) {
    println!("\n== summary");
    for line in lines {
        println!("{line}");
    }
}
