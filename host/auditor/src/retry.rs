//! What follows an attempt, worked out anew.

use wasmtab_domain::{
    policy::{Backoff, RetryPolicy},
    status::AttemptStatus,
    time::Timestamp,
};

/// Deaths after which a run is repeated.
const DEATHS: u32 = 3;
/// The longest wait that doubling leads to.
const HOUR: u64 = 3_600;

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The run ends.
    Ends,
    /// It is tried again then.
    Retry(Timestamp),
    /// It is repeated at once: a death is not its fault.
    Again,
}

/// An attempt that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// How.
    pub status: AttemptStatus,
    /// Whether the handler said that another try would fail alike.
    pub permanent: bool,
    /// Whether somebody asked for the run's end.
    pub cancelled: bool,
    /// Retries before it.
    pub retries: u32,
    /// Deaths before it.
    pub deaths: u32,
}

/// What follows an attempt that ended at `now`.
#[must_use]
pub fn next(ended: Ended, policy: &RetryPolicy, now: Timestamp) -> Next {
    if ended.cancelled {
        return Next::Ends;
    }
    match ended.status {
        AttemptStatus::Abandoned if ended.deaths < DEATHS => Next::Again,
        AttemptStatus::Abandoned
        | AttemptStatus::Success
        | AttemptStatus::Denied
        | AttemptStatus::Cancelled => Next::Ends,
        status if ended.permanent || !policy.retry_on.contains(&status) => Next::Ends,
        _ if ended.retries == policy.retry_count => Next::Ends,
        _ => {
            let micros = wait(policy, ended.retries) as i64 * 1_000_000;
            Next::Retry(Timestamp::from_micros(now.as_micros() + micros))
        }
    }
}

fn wait(policy: &RetryPolicy, retries: u32) -> u64 {
    let base = policy.retry_interval.as_secs();
    match &policy.retry_backoff {
        Backoff::Fixed => base,
        Backoff::Exponential => (0..retries).fold(base, |wait, _| (wait * 2).min(HOUR.max(base))),
        Backoff::List(waits) => waits[(retries as usize).min(waits.len() - 1)].as_secs(),
    }
}
