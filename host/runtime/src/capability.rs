//! What a guest can reach, one capability a module: how it is linked, bounded and refused.

pub(crate) mod clocks;
pub(crate) mod filesystem;
pub(crate) mod http;
mod job;
pub(crate) mod sockets;
pub(crate) mod stdio;
