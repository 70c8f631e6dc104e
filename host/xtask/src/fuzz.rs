//! `cargo xtask fuzz`: what reads bytes and texts of strangers is fed with anything.
//!
//! The targets lie in `tests/fuzz`, a workspace of their own: they are built with the sanitizer's instruments, into a directory of their own.

use crate::{repo, tools};
use anyhow::{Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Every target, by the name of its file.
const TARGETS: &[&str] = &["cron", "document", "upload"];
/// Seconds for each target in CI.
const SECONDS_IN_CI: u32 = 15;
/// Seconds after which one input has taken too long.
const TIMEOUT: u32 = 30;
/// MiB that a target may take, with the sanitizer's shadow.
const MEMORY: u32 = 2_048;

/// What is fed, and for how long.
#[derive(clap::Args)]
pub(crate) struct FuzzArgs {
    /// Only this target
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    target: Option<String>,
    /// How long each target is fed
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
}

/// A bounded time for each target.
pub(crate) fn check() -> Result<()> {
    feed(TARGETS, SECONDS_IN_CI)
}

pub(crate) fn run(args: &FuzzArgs) -> Result<()> {
    match &args.target {
        Some(target) => feed(&[target], args.seconds),
        None => feed(TARGETS, args.seconds),
    }
}

fn directory() -> PathBuf {
    repo::root().join("tests/fuzz")
}

fn feed(targets: &[&str], seconds: u32) -> Result<()> {
    if cfg!(not(target_os = "linux")) {
        bail!("the fuzz targets are built on Linux only");
    }
    let fuzz = tools::CARGO_FUZZ.program()?;
    let cargo = |command: &str| {
        let mut cargo = Command::new(&fuzz);
        // The instruments are unstable flags; the pinned compiler has them, and no other toolchain is asked for.
        cargo.env("RUSTC_BOOTSTRAP", "1").current_dir(directory());
        cargo.args(["fuzz", command, "--fuzz-dir", "."]);
        cargo.arg("--target-dir").arg(repo::target().join("fuzz"));
        cargo
    };
    repo::run(&mut cargo("build"))?;
    for target in targets {
        println!("feeding {target} for {seconds} s");
        // What is found to lead somewhere new is kept here; the committed seeds are only read.
        let found = repo::target().join("fuzz/corpus").join(target);
        fs::create_dir_all(&found)?;
        let mut run = cargo("run");
        run.arg(target)
            .arg(&found)
            .arg(directory().join("seeds").join(target));
        run.args([
            "--".to_owned(),
            format!("-max_total_time={seconds}"),
            format!("-timeout={TIMEOUT}"),
            format!("-rss_limit_mb={MEMORY}"),
            "-verbosity=0".to_owned(),
            "-print_final_stats=1".to_owned(),
        ]);
        repo::run(&mut run)?;
    }
    Ok(())
}
