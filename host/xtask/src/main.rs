//! `cargo xtask`: everything that is done to this repository by a command rather than by hand.

mod advisories;
mod bench;
mod crash;
mod debian;
mod dist;
mod fuzz;
mod generate;
mod guests;
mod hostile;
mod measured;
mod repo;
mod soak;
mod test;
mod tools;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Project automation")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything that CI runs, in its order; stops at the first step that fails
    Test,
    /// Rebuild the sample handlers and their manifest
    Guests {
        /// Only check that the committed components match their sources; needs no wasm toolchain
        #[arg(long, conflicts_with = "out")]
        check: bool,
        /// Write the components and the manifest there instead of plugins/prebuilt
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Only build the project that `wasmtab plugin new` writes
        #[arg(long, conflicts_with_all = ["check", "out"])]
        template: bool,
    },
    /// Rewrite the files that are generated from others
    Generate {
        /// Only check that they are up to date
        #[arg(long)]
        check: bool,
    },
    /// Pack what is handed to those who run the product: a stripped binary, completions, a systemd unit, a container file
    Dist {
        /// Pack this binary instead of building one with all optimisations
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
        /// Where the archive and its checksum go [default: dist]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Measure what this machine holds: builds with all optimisations and runs every `wasmtab bench`
    Bench,
    /// Kill a server under load again and again, and account for every fire
    Crash(crash::CrashArgs),
    /// Feed anything to what reads bytes and texts of strangers
    Fuzz(fuzz::FuzzArgs),
    /// Measure what hostile guests cost their neighbours: lag and memory, beside a hundred runs a second
    Hostile {
        /// Measure this binary instead of building one with all optimisations
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Let a server fire a thousand runs a second for long, and see whether it takes more and more of the machine
    Soak(soak::SoakArgs),
    /// Check the dependencies against the advisory database, which is fetched for it
    Advisories,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Test => test::run(),
        Command::Guests { check: true, .. } => guests::check(),
        Command::Guests { template: true, .. } => guests::build_template(),
        Command::Guests { out: Some(out), .. } => guests::build_into(&out),
        Command::Guests { .. } => guests::rebuild(),
        Command::Generate { check: true } => generate::check(),
        Command::Generate { .. } => generate::write(),
        Command::Dist { binary, out } => dist::run(binary.as_deref(), out),
        Command::Bench => bench::run(),
        Command::Crash(args) => crash::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Hostile { binary } => hostile::run(binary.as_deref()),
        Command::Soak(args) => soak::run(&args),
        Command::Advisories => advisories::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
