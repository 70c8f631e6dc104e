//! Uploads: whatever the bytes, they are refused with a reason or become a component, of a bounded size, that is worth compiling.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use wasmtab_upload::{HandlerKind, prepare};

/// What one upload may take, with all the instruments and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an upload here; large ones teach nothing new.
const LIMIT: usize = 256 * 1024;
/// Bytes that adapting adds: the adapter, its shims and their names.
const ADDED: usize = 1024 * 1024;
const MEMORY: u64 = 1 << 30;

fuzz_target!(|bytes: &[u8]| {
    let begun = Instant::now();
    match prepare(bytes, LIMIT, MEMORY) {
        Ok(prepared) => {
            assert!(prepared.component.len() <= bytes.len() + ADDED);
            assert!(prepared.weight.permits() > 0);
            let again = prepare(&prepared.component, LIMIT + ADDED, MEMORY).expect("it is a component now");
            assert_eq!(again.kind, HandlerKind::Handler);
            assert_eq!(again.weight, prepared.weight);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    assert!(begun.elapsed() < PATIENCE, "it took {:?}", begun.elapsed());
});
