//! The program's own log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Sets it up: `RUST_LOG` filters (warnings, and this product's information, otherwise), `WASMTAB_LOG_FORMAT=json` is for
/// machines.
pub(crate) fn init() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,wasmtab=info,wasmtab_runtime=info,wasmtab_scheduler=info,wasmtab_server=info,wasmtab_service=info,wasmtab_store_sqlite=info,wasmtab_store_postgres=info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::env::var("WASMTAB_LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).init();
    }
}
