//! From an upload to compiled code, in a child process with bounded memory and time.
//!
//! Denial of service while compiling lies outside wasmtime's security policy, so neither sniffing nor parsing nor compiling of
//! untrusted bytes happens in the process that serves. Nothing of the guest runs here.

mod check;
mod child;
mod parent;
mod protocol;
mod work;

pub use self::child::compile_child_main;
pub(crate) use self::{
    check::{Entry, entry},
    parent::compile,
    protocol::{Compiled, sha256, write_whole},
};
