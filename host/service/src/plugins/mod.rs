//! Plugins and their versions.

mod activate;
mod delete;
mod list;
mod push;

pub use self::push::Push;
