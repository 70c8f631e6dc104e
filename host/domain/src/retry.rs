//! What follows an attempt: the end of the run, another attempt later, or another one at once.

use crate::{policy::RetryPolicy, status::AttemptStatus, time::Timestamp};

/// How often a run goes back to the queue because its process died, before it ends `abandoned`.
pub const MAX_ABANDONS: u32 = 3;

/// What a decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The run's policy.
    pub policy: &'a RetryPolicy,
    /// How the attempt ended.
    pub status: AttemptStatus,
    /// Whether the handler said that another try would fail alike.
    pub permanent: bool,
    /// Retries before this attempt.
    pub retries: u32,
    /// Attempts before this one that their process abandoned.
    pub abandons: u32,
    /// Whether somebody asked for the run's end.
    pub cancel_requested: bool,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The run bears the attempt's status for good.
    End,
    /// Another attempt, which counts as a retry.
    RetryAt(Timestamp),
    /// Another attempt at once: a death is not the job's fault.
    Requeue,
    /// The attempt goes on elsewhere, at most until then.
    Park(Timestamp),
}

/// Decides what follows an attempt that ended at `now`.
pub fn after_attempt(ended: &Ended<'_>, now: Timestamp) -> Next {
    let Ended {
        policy,
        status,
        permanent,
        retries,
        abandons,
        cancel_requested,
    } = *ended;
    if cancel_requested {
        return Next::End;
    }
    if status == AttemptStatus::Abandoned {
        return if abandons < MAX_ABANDONS {
            Next::Requeue
        } else {
            Next::End
        };
    }
    if permanent || retries >= policy.retry_count || !policy.retry_on.contains(&status) {
        return Next::End;
    }
    Next::RetryAt(
        now.plus(
            policy
                .retry_backoff
                .wait(policy.retry_interval, retries)
                .to_duration(),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{interval::Interval, policy::Backoff};

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn policy() -> RetryPolicy {
        RetryPolicy {
            retry_count: 2,
            retry_interval: Interval::from_secs(10),
            ..RetryPolicy::default()
        }
    }

    fn ended(policy: &RetryPolicy, status: AttemptStatus) -> Ended<'_> {
        Ended {
            policy,
            status,
            permanent: false,
            retries: 0,
            abandons: 0,
            cancel_requested: false,
        }
    }

    #[test]
    fn a_failure_is_retried_until_the_retries_are_used_up() {
        let policy = policy();
        let failed = ended(&policy, AttemptStatus::Failure);
        assert_eq!(
            after_attempt(&failed, NOW),
            Next::RetryAt(Timestamp::from_secs(1_010))
        );
        assert_eq!(
            after_attempt(&Ended { retries: 1, ..failed }, NOW),
            Next::RetryAt(Timestamp::from_secs(1_010))
        );
        assert_eq!(after_attempt(&Ended { retries: 2, ..failed }, NOW), Next::End);
    }

    #[test]
    fn the_wait_grows_as_the_backoff_says() {
        let policy = RetryPolicy {
            retry_count: 9,
            retry_backoff: Backoff::Exponential,
            ..policy()
        };
        let failed = Ended {
            retries: 3,
            ..ended(&policy, AttemptStatus::Trap)
        };
        assert_eq!(
            after_attempt(&failed, NOW),
            Next::RetryAt(Timestamp::from_secs(1_080))
        );
    }

    #[test]
    fn success_permanent_failures_denials_and_cancels_end_the_run() {
        let policy = policy();
        for status in [
            AttemptStatus::Success,
            AttemptStatus::Denied,
            AttemptStatus::Cancelled,
        ] {
            assert_eq!(after_attempt(&ended(&policy, status), NOW), Next::End, "{status}");
        }
        let permanent = Ended {
            permanent: true,
            ..ended(&policy, AttemptStatus::Failure)
        };
        assert_eq!(after_attempt(&permanent, NOW), Next::End);
        let asked = Ended {
            cancel_requested: true,
            ..ended(&policy, AttemptStatus::Failure)
        };
        assert_eq!(after_attempt(&asked, NOW), Next::End);
    }

    #[test]
    fn only_the_statuses_in_retry_on_are_retried() {
        let policy = RetryPolicy {
            retry_on: vec![AttemptStatus::Timeout],
            ..policy()
        };
        assert_eq!(
            after_attempt(&ended(&policy, AttemptStatus::Failure), NOW),
            Next::End
        );
        assert!(matches!(
            after_attempt(&ended(&policy, AttemptStatus::Timeout), NOW),
            Next::RetryAt(_)
        ));
    }

    #[test]
    fn a_death_uses_no_retry_and_is_repeated_three_times_at_most() {
        let policy = RetryPolicy::default();
        let dead = ended(&policy, AttemptStatus::Abandoned);
        for abandons in 0..MAX_ABANDONS {
            assert_eq!(after_attempt(&Ended { abandons, ..dead }, NOW), Next::Requeue);
        }
        assert_eq!(
            after_attempt(
                &Ended {
                    abandons: MAX_ABANDONS,
                    ..dead
                },
                NOW
            ),
            Next::End
        );
    }
}
