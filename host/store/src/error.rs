//! What can go wrong with a database.

use thiserror::Error;

/// A failure of the database itself. What a request may not do is said by each method's own type.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It may go away by itself: busy, stalled, out of disk.
    #[error("the database does not answer as it should: {0}")]
    Transient(String),
    /// It will not: a corrupt file, a schema from the future.
    #[error("the database cannot be used: {0}")]
    Permanent(String),
}

/// The outcome of a method.
pub type StoreResult<T> = Result<T, StoreError>;
