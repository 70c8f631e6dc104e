//! `wasmtab`: a crontab for WebAssembly handlers.

mod args;
mod client;
mod clock;
mod commands;
mod context;
mod exit;
mod input;
mod local;
mod logging;
mod output;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Cli, Command},
    exit::Failure,
};

/// Claims are made by one thread and freed by another, some ten thousand a second.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Untrusted bytes are compiled there, within bounds: before threads, logs and TLS are set up.
    if matches!(cli.command, Command::CompileChild) {
        return wasmtab_runtime::compile_child_main();
    }
    logging::init();
    // Every TLS connection of the process, to handlers' hosts and to servers alike; nothing else installs one before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> ExitCode {
    if !failure.message.is_empty() {
        eprintln!("error: {}", output::clean::clean(&failure.to_string()));
    }
    failure.exit.into()
}
