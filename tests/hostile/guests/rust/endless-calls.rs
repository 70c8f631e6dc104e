//! Never computes for long: it is in the host nearly all the time.

use std::{hint::black_box, time::SystemTime};
use wasmtab_sdk::prelude::*;

/// Asks for the time for ever
#[handler(name = "EndlessCalls")]
fn endless_calls() -> Result<(), Failure> {
    loop {
        black_box(SystemTime::now());
    }
}
