//! What the end-to-end tests share: a server of the real binary on a directory of its own, and its command line as client.

mod binary;
mod guests;
mod hook;
mod server;

pub(crate) use self::{
    binary::{command, run, wasmtab},
    guests::{plugin, seed_jobs, wat},
    hook::{Came, Hook},
    server::{Server, eventually},
};
