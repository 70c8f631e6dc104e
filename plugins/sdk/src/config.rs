//! What an administrator set for the handler: plain settings, and secrets granted by name.

/// A setting; none where it is not set.
pub fn get(key: &str) -> Option<String> {
    #[cfg(target_family = "wasm")]
    return crate::bindings::wasmtab::job::config::get(key);
    #[cfg(not(target_family = "wasm"))]
    return crate::testing::config(key);
}

/// A secret; none where it was not granted. Keep it out of results and log lines.
pub fn secret(name: &str) -> Option<String> {
    #[cfg(target_family = "wasm")]
    return crate::bindings::wasmtab::job::config::secret(name);
    #[cfg(not(target_family = "wasm"))]
    return crate::testing::secret(name);
}
