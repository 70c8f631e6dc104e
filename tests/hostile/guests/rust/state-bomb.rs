//! Fills the database, by way of what lasts between runs.

use wasmtab_sdk::prelude::*;

/// Keeps a MiB under one key after another
#[handler(name = "StateBomb")]
fn state_bomb() -> Result<(), Failure> {
    let value = vec![1; 1024 * 1024];
    for key in 0_u64.. {
        state::set_bytes(&key.to_string(), &value)?;
    }
    Ok(())
}
