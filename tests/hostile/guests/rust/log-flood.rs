//! Says too much.

use wasmtab_sdk::prelude::*;

/// Logs long lines for ever
#[handler(name = "LogFlood")]
fn log_flood() -> Result<(), Failure> {
    let words = "the quick brown fox jumps over the lazy dog, ".repeat(200);
    for line in 0_u64.. {
        info!("line {line}: {words}");
    }
    Ok(())
}
