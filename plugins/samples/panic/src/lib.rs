//! `PanicHandler`: panics a few calls deep, so that a trap with its backtrace can be looked at.

use wasmtab_sdk::prelude::*;

/// What is said.
#[param]
struct Panic {
    /// The panic's message.
    #[serde(default = "told")]
    message: String,
}

fn told() -> String {
    "told to panic".to_owned()
}

/// Panics
#[handler(name = "PanicHandler")]
fn panic_handler(param: Panic) -> Result<u64, Failure> {
    info!("about to panic");
    Ok(balance_the_books(&param.message))
}

// The names below are what the backtrace shows.
#[inline(never)]
fn balance_the_books(message: &str) -> u64 {
    open_the_ledger(message).len() as u64
}

#[inline(never)]
fn open_the_ledger(message: &str) -> &str {
    assert!(message.is_empty(), "{message}");
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::Param;

    #[test]
    #[should_panic(expected = "told to panic")]
    fn it_panics() {
        let _ = panic_handler(Panic::parse("").unwrap());
    }
}
