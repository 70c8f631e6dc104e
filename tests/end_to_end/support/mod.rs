//! What the end-to-end tests share: a server of the real binary on a directory of its own, and its command line as client.

mod binary;
mod guests;
mod server;

pub(crate) use self::{
    binary::wasmtab,
    guests::{plugin, seed_jobs, wat},
    server::{Server, eventually},
};
