//! A server that is measured from outside, as its users and its operating system see it.

mod lags;
mod server;

pub(crate) use lags::Lags;
pub(crate) use server::{Server, Use};
