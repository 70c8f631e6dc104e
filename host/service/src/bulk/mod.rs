//! One operation on many jobs or runs: a preview first, in bounded transactions, one entry in the audit log.

mod change;
mod jobs;
mod runs;
mod select;

pub use self::{
    jobs::{BulkJobs, JobAction},
    runs::{BulkRuns, RunAction},
    select::{JobSelect, RunSelect},
};

use crate::error::ServiceError;
use crate::view::BulkFailureView;

/// Rows that one transaction changes.
const BATCH: usize = 250;
/// Rows that an answer shows one by one, of those that change and of those that are refused.
const SHOWN: usize = 100;
/// Names and ids that an entry of the audit log holds.
const AUDITED: usize = 10_000;

/// Why one row was left as it is.
fn failure(id: String, name: Option<String>, error: &ServiceError) -> BulkFailureView {
    BulkFailureView {
        id,
        name,
        r#type: format!("urn:wasmtab:problem:{}", error.slug()),
        detail: error.to_string(),
        run_id: match error {
            ServiceError::Conflict(conflict) => conflict.run_id.map(|run| run.to_string()),
            _ => None,
        },
    }
}
