//! Holds every file that it can open.

use std::fs::File;
use wasmtab_sdk::prelude::*;

/// Opens one file again and again, and closes none
#[handler(name = "FileFlood")]
fn file_flood() -> Result<usize, Failure> {
    let mut open = Vec::new();
    loop {
        open.push(File::open("/data/inside.txt").or_retry(|| "opening once more")?);
    }
}
