//! `cargo xtask crash`: the crash suite in full, on the binary that is shipped.

use crate::{dist, repo};
use anyhow::Result;
use std::path::PathBuf;

/// How the suite is played.
#[derive(clap::Args)]
pub(crate) struct CrashArgs {
    /// How often the server is killed; it is stopped, frozen and starved in proportion
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Jobs that fire every second or two; programs that start others by hand come in proportion. 600 are about 1,000 runs a second
    #[arg(long, default_value_t = 600)]
    jobs: u32,
    /// Play the misfortunes of this seed [default: any]
    #[arg(long)]
    seed: Option<u64>,
    /// Try this binary instead of building one with all optimisations
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(args: &CrashArgs) -> Result<()> {
    let binary = dist::binary::given_or_built(args.binary.as_deref())?;
    let mut suite = repo::cargo(repo::root());
    suite.args([
        "test",
        "--locked",
        "--workspace",
        "--test",
        "crash",
        "--",
        "--nocapture",
    ]);
    suite
        .env("WASMTAB_CRASH_BINARY", binary)
        .env("WASMTAB_CRASH_KILLS", args.kills.to_string())
        .env("WASMTAB_CRASH_JOBS", args.jobs.to_string());
    if let Some(seed) = args.seed {
        suite.env("WASMTAB_CRASH_SEED", seed.to_string());
    }
    repo::run(&mut suite)
}
