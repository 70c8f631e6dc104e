//! `cargo xtask bench`: the figures of `host/BENCHMARKS.md`, taken anew on this machine.

use crate::{dist, repo};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// What is measured, as `wasmtab bench` takes it.
const BENCHES: &[&[&str]] = &[
    &["drain", "--runs", "300000"],
    &["latency", "--triggers", "2000"],
    &["fire", "--jobs", "10000"],
    &["fire", "--jobs", "10000", "--spread"],
    &["fire", "--jobs", "20000", "--spread=20"],
    &["busy", "--attempts", "40"],
    &["idle", "--jobs", "1000000"],
];

/// Builds the product with all optimisations and runs every bench, in the present directory's file system.
pub(crate) fn run() -> Result<()> {
    let binary = dist::binary::build()?;
    for bench in BENCHES {
        println!("\n== wasmtab bench {}", bench.join(" "));
        repo::run(product(&binary).arg("bench").args(*bench))?;
    }
    println!("\n== the cron engine");
    repo::run(repo::cargo(repo::root()).args(["bench", "--locked", "--package", "wasmtab-cron"]))
}

fn product(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(repo::target());
    command
}
