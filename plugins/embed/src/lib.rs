//! What the binary carries for guests: the sample components, and what `wasmtab plugin new` writes.

#[rustfmt::skip] // Generated.
mod files;
mod scaffold;

pub use scaffold::{Placed, scaffold};

/// A sample handler's component, ready to be pushed.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The plugin's name.
    pub plugin: &'static str,
    /// The handler name that it is meant for.
    pub handler_name: &'static str,
    /// The component.
    pub component: &'static [u8],
}

/// A file that belongs into a new project.
#[derive(Debug, Clone, Copy)]
struct File {
    /// Where it goes, from the project's folder.
    path: &'static str,
    content: &'static str,
}

/// Every sample handler.
pub const fn samples() -> &'static [Sample] {
    files::SAMPLES
}
