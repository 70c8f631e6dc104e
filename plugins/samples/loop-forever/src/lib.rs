//! `LoopHandler`: never returns, so that the ways to stop a handler can be watched.

use std::hint::black_box;
use wasmtab_sdk::prelude::*;

/// Never returns
#[handler(name = "LoopHandler")]
fn loop_handler() -> Result<(), Failure> {
    info!("about to loop for ever");
    count_for_ever()
}

// The name is what the backtrace shows.
#[inline(never)]
fn count_for_ever() -> ! {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}
