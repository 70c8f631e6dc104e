//! `wasmtab serve`: the store, the sandbox, the scheduler and the API, wired into one process.

mod args;
mod database;
mod host;
mod process;
mod retention;
mod seed;
mod shared_clock;
mod surroundings;

use std::{fmt::Write as _, path::Path, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

pub(crate) use self::{
    args::ServeArgs,
    database::{Database, Opened},
    host::{Options, Server, compiler, cores, directory, start},
    surroundings::Machine,
};
use crate::{exit::Failure, output};

/// Serves until the process is told to stop.
pub(crate) fn run(args: ServeArgs) -> Result<(), Failure> {
    block_on(async move {
        let drain = args.drain_timeout;
        let plugins = args.plugin_dir.clone();
        let server = start(Options::from(args)).await?;
        if let Some(directory) = plugins {
            seed::push_directory(&server.service, &directory).await?;
        }
        greet(&server).await?;
        stop_signal().await?;
        leave(server, drain).await
    })
}

/// Planning, the API and whatever else must never wait for a guest run here; guests have threads of their own.
pub(crate) fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("host")
        .enable_all()
        .build()
        .map_err(|error| Failure::own(format!("no threads: {error}")))?
        .block_on(work)
}

async fn greet(server: &Server) -> Result<(), Failure> {
    let mut text = format!(
        "wasmtab {} listens on http://{}\ndata directory: {}\ndefault time zone: {}\n",
        env!("CARGO_PKG_VERSION"),
        server.address,
        server.data_dir.display(),
        server.timezone
    );
    let code = server
        .service
        .prepare_setup()
        .await
        .map_err(|error| Failure::own(format!("set-up: {error}")))?;
    if let Some(code) = code {
        let address = server.address;
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "set-up code (works once, makes the first administrator): {code}\n  \
             curl -X POST http://{address}/api/v1/setup -H 'content-type: application/json' \\\n       \
             -d '{{\"code\":\"{code}\"}}'        answers with the administrator's API token\n"
        );
    }
    // A server goes on though nobody reads what it says.
    let _ = output::write(&text);
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
pub(crate) async fn stop_signal() -> Result<(), Failure> {
    let no_signals = |error| Failure::own(format!("signals cannot be heard: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Drains; a second signal ends the wait at once.
pub(crate) async fn leave(server: Server, drain: Duration) -> Result<(), Failure> {
    tracing::info!(
        "stopping: nothing more is claimed, running attempts have {drain:?}; a second signal abandons them"
    );
    let (hurry, hurried) = tokio::sync::oneshot::channel();
    let again = tokio::spawn(async move {
        if stop_signal().await.is_ok() {
            let _ = hurry.send(());
        }
    });
    server
        .shut_down(drain, async {
            let _ = hurried.await;
        })
        .await;
    again.abort();
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
