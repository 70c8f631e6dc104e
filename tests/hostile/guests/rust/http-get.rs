//! Fetches whatever it is told to, however long it takes and however much it is.

use std::time::Duration;
use wasmtab_sdk::prelude::*;

/// What to fetch.
#[param]
struct Target {
    /// Where.
    url: String,
}

/// Reads a body to its end
#[handler(name = "HttpGet")]
fn http_get(target: Target) -> Result<usize, Failure> {
    let answer = http::get(target.url)
        .timeout(Duration::from_secs(3600))
        .max_body(usize::MAX)
        .send()?;
    Ok(answer.body().len())
}
