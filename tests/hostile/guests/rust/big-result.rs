//! Returns more than anybody keeps.

use wasmtab_sdk::prelude::*;

/// How much.
#[param]
struct Size {
    /// Bytes of the result.
    bytes: usize,
}

/// Returns that many bytes
#[handler(name = "BigResult")]
fn big_result(size: Size) -> Result<String, Failure> {
    Ok("x".repeat(size.bytes))
}
