//! Reports without end.

use wasmtab_sdk::prelude::*;

/// Reports progress for ever
#[handler(name = "ProgressFlood")]
fn progress_flood() -> Result<(), Failure> {
    for done in 0_u64.. {
        progress::report(done, u64::MAX, &"almost there ".repeat(1_000));
    }
    Ok(())
}
