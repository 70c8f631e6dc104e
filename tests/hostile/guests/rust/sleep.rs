//! Waits in the host, where neither fuel nor epochs are counted.

use std::{thread, time::Duration};
use wasmtab_sdk::prelude::*;

/// Sleeps for a year
#[handler(name = "Sleep")]
fn sleep() -> Result<(), Failure> {
    thread::sleep(Duration::from_secs(365 * 24 * 3600));
    Ok(())
}
