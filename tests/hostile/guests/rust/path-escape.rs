//! Reads what it was not given.

use std::fs;
use wasmtab_sdk::prelude::*;

/// What to read.
#[param]
struct Target {
    /// A path, as the handler sees it.
    path: String,
}

/// Reads a file
#[handler(name = "PathEscape")]
fn path_escape(target: Target) -> Result<String, Failure> {
    fs::read_to_string(&target.path).or_retry(|| &target.path)
}
