//! What the sample handlers share: walking a granted directory and matching names.

mod glob;
mod walk;

pub use glob::matches;
pub use walk::{Entry, Listing, walk};
