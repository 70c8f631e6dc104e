//! Ids in addresses. What is no id names nothing, so the answer is that there is no such thing.

use std::str::FromStr;

use wasmtab_domain::ids::{AttemptId, JobId, RunId};
use wasmtab_service::ServiceError;

use crate::problem::Problem;

fn id<T: FromStr>(what: &str, text: &str) -> Result<T, Box<Problem>> {
    text.parse()
        .map_err(|_| ServiceError::not_found(format!("{what} `{text}`")).into())
}

/// The job that an address names.
pub(crate) fn job_id(text: &str) -> Result<JobId, Box<Problem>> {
    id("job", text)
}

/// The run that an address names.
pub(crate) fn run_id(text: &str) -> Result<RunId, Box<Problem>> {
    id("run", text)
}

/// The attempt that an address names.
pub(crate) fn attempt_id(text: &str) -> Result<AttemptId, Box<Problem>> {
    id("attempt", text)
}

/// The token that an address names.
pub(crate) fn token_id(text: &str) -> Result<i64, Box<Problem>> {
    id("token", text)
}

/// The silence that an address names.
pub(crate) fn silence_id(text: &str) -> Result<i64, Box<Problem>> {
    id("silence", text)
}

/// The delivery that an address names.
pub(crate) fn delivery_id(text: &str) -> Result<i64, Box<Problem>> {
    id("delivery", text)
}
