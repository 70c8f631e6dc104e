//! The machine that the process is on, as far as a check-up looks at it.

use std::fmt;

/// Looks at the machine.
pub trait Surroundings: Send + Sync + fmt::Debug {
    /// What is there now. It may wait for a disk.
    fn look(&self) -> Seen;
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Where the data is.
    pub data_dir: String,
    /// Bytes that are free there; none where that cannot be told.
    pub free: Option<u64>,
    /// Directories that are written to, and why one cannot be.
    pub directories: Vec<(String, Option<String>)>,
    /// Descriptors that the process may have open; none for no bound.
    pub descriptors: Option<u64>,
    /// Attempts that go on at once; 0 where none do.
    pub concurrency: u32,
    /// Copies of the database from before its schema changed, with their bytes.
    pub copies: Vec<(String, u64)>,
    /// Whether this process plans and executes.
    pub serving: bool,
}
