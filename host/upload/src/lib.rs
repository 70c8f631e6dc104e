//! What an upload is, before anything of it is compiled: its format is told by its first bytes, its size is bounded, and a preview-1
//! module becomes a component. Bytes in, a component or the reason out; no compiler, no I/O, no clock.
//!
//! Whoever hands in bytes of unknown origin does so in the child process that compiles, all the same.

mod adapt;
mod inspection;
pub mod limits;
mod prepare;
mod sniff;

pub use self::{
    inspection::{Capability, HandlerKind, Inspection, UploadError, Weight},
    prepare::{Prepared, prepare},
};

/// What an upload should have been.
pub const EXPECTED: &str = "A handler is a component that exports `wasmtab:job/handler@1.0.0`, a `wasi:cli/command` \
     component, or a WASI preview-1 module (a program with `_start`, or a library with that world embedded)";
