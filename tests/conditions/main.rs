//! What goes wrong around a server: disks, clocks, files, other processes. Each time it says what is the matter, nothing is lost,
//! and everything goes on by itself once the condition has ended.

mod clock;
mod corrupt;
mod descriptors;
mod full_disk;
mod future_schema;
mod limits;
mod mount;
mod node;
mod read_only;
mod second_server;
mod stall;

#[path = "../end_to_end/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "each suite uses a part of what they share"
)]
mod support;
