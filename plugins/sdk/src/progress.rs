//! How far the work has got, for whoever watches the run.

/// Reports progress; the newest report wins. `total` is 0 where it is not known.
pub fn report(done: u64, total: u64, message: &str) {
    #[cfg(target_family = "wasm")]
    crate::bindings::wasmtab::job::progress::report(done, total, message);
    #[cfg(not(target_family = "wasm"))]
    eprintln!("{done}/{total} {message}");
}
