//! Takes all memory that there is.

use wasmtab_sdk::prelude::*;

/// Allocates and keeps, a MiB at a time
#[handler(name = "MemoryBomb")]
fn memory_bomb() -> Result<usize, Failure> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(vec![1; 1024 * 1024]);
    }
}
