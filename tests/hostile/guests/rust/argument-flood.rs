//! Hands the host far more in one call than it takes.

use wasmtab_sdk::prelude::*;

/// Logs one line of 100 MiB
#[handler(name = "ArgumentFlood")]
fn argument_flood() -> Result<(), Failure> {
    let line = "x".repeat(100 * 1024 * 1024);
    info!("{line}");
    Ok(())
}
