//! Calls itself until the stack ends.

use std::hint::black_box;
use wasmtab_sdk::prelude::*;

/// Recurses for ever
#[handler(name = "StackOverflow")]
fn stack_overflow() -> Result<u64, Failure> {
    Ok(deeper(1))
}

// The name is what the backtrace shows.
#[expect(unconditional_recursion, reason = "that is what it does wrong")]
#[inline(never)]
fn deeper(level: u64) -> u64 {
    black_box(deeper(black_box(level + 1))) + level
}
