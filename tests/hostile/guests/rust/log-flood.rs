//! Says too much.

use wasmtab_sdk::prelude::*;

/// Logs for ever
#[handler(name = "LogFlood")]
fn log_flood() -> Result<(), Failure> {
    for line in 0_u64.. {
        info!("line {line}: the quick brown fox jumps over the lazy dog");
    }
    Ok(())
}
