//! Guests that mean harm. Each ends in its own class and within its limits, and its neighbours do not notice.
//!
//! `guests/` has them: in Rust, in C, and as text. `table.rs` says of every one what becomes of it.

mod fixtures;
mod ground;
mod neighbours;
mod rebinding;
mod row;
mod table;
mod web;

#[path = "../end_to_end/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "each suite uses a part of what they share"
)]
mod support;
