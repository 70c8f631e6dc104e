//! What a job may choose about overlap, missed fires and retries.

use serde::{Deserialize, Serialize};

use crate::{
    interval::Interval,
    status::{AttemptStatus, words},
};

words! {
    /// Whether the planner makes fires of the job.
    JobStatus {
        /// It does.
        Normal = "normal",
        /// It does not.
        Stopped = "stopped",
    }
}

words! {
    /// What becomes of a fire while an earlier run of the job is active.
    Overlap {
        /// It is skipped.
        Skip = "skip",
        /// The first one waits until the active run has ended; further ones are skipped.
        BufferOne = "bufferOne",
        /// It waits, behind others that wait: at most [`Overlap::MAX_BUFFERED`].
        BufferAll = "bufferAll",
        /// The active run is cancelled, and it starts when that one has ended.
        CancelOther = "cancelOther",
        /// It runs beside the other.
        Allow = "allow",
    }
}

impl Overlap {
    /// Fires that `bufferAll` lets wait at once; further ones are skipped.
    pub const MAX_BUFFERED: usize = 1_000;
}

words! {
    /// Which plugin version a retry runs.
    RetryVersion {
        /// The one that is active then.
        Current = "current",
        /// The one that the first attempt ran.
        Same = "same",
    }
}

words! {
    /// What becomes of fires that no planner was there to release.
    Misfire {
        /// The newest one runs, whatever its age.
        Latest = "latest",
        /// Those within the catch-up window run, oldest first.
        All = "all",
        /// None runs.
        Skip = "skip",
    }
}

/// How the waits between attempts grow.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Backoff {
    /// Always the retry interval.
    #[default]
    Fixed,
    /// Twice the last wait, at most an hour.
    Exponential,
    /// These waits one after another; the last one repeats.
    List(Vec<Interval>),
}

impl Backoff {
    /// The longest wait that doubling leads to.
    pub const MAX_EXPONENTIAL: Interval = Interval::from_secs(3_600);
    /// How many waits a list may name.
    pub const MAX_LIST: usize = 100;

    /// The wait before the retry that follows `retries` earlier ones.
    pub fn wait(&self, interval: Interval, retries: u32) -> Interval {
        match self {
            Self::Fixed => interval,
            Self::Exponential => {
                let doubled = interval
                    .as_secs()
                    .saturating_mul(1_u64.checked_shl(retries).unwrap_or(u64::MAX));
                // An interval that is longer than the cap from the start is kept: the cap bounds growth.
                Interval::from_secs(doubled.min(Self::MAX_EXPONENTIAL.as_secs().max(interval.as_secs())))
            }
            Self::List(waits) => waits
                .get(retries as usize)
                .or(waits.last())
                .copied()
                .unwrap_or(interval),
        }
    }
}

/// The statuses that a retry can follow, and those it follows unless the job says otherwise.
pub const RETRYABLE: &[AttemptStatus] = &[
    AttemptStatus::Failure,
    AttemptStatus::Trap,
    AttemptStatus::Timeout,
    AttemptStatus::NoHandler,
    AttemptStatus::OutOfFuel,
    AttemptStatus::OutOfMemory,
];

/// When and how often a run is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// Retries beyond the first attempt.
    pub retry_count: u32,
    /// The base of the waits.
    pub retry_interval: Interval,
    /// How the waits grow.
    pub retry_backoff: Backoff,
    /// The statuses that are tried again.
    pub retry_on: Vec<AttemptStatus>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retry_count: 0,
            retry_interval: Interval::from_secs(60),
            retry_backoff: Backoff::Fixed,
            retry_on: RETRYABLE[..4].to_vec(),
        }
    }
}

impl Serialize for Backoff {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed => serializer.serialize_str("fixed"),
            Self::Exponential => serializer.serialize_str("exponential"),
            Self::List(waits) => waits.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Backoff {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            Word(String),
            Waits(Vec<Interval>),
        }
        let refuse = |what: &str| {
            serde::de::Error::custom(format!(
                "{what}: write `fixed`, `exponential` or a list of waits like [10s, 1m, 5m]"
            ))
        };
        match Shape::deserialize(deserializer).map_err(|_| refuse("not a backoff"))? {
            Shape::Word(word) if word == "fixed" => Ok(Self::Fixed),
            Shape::Word(word) if word == "exponential" => Ok(Self::Exponential),
            Shape::Word(word) => Err(refuse(&format!("`{word}` is not a backoff"))),
            Shape::Waits(waits) if waits.is_empty() => Err(refuse("an empty list")),
            Shape::Waits(waits) if waits.len() > Self::MAX_LIST => Err(refuse("more than 100 waits")),
            Shape::Waits(waits) => Ok(Self::List(waits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(backoff: &Backoff, interval: u64) -> Vec<u64> {
        (0..6)
            .map(|retries| backoff.wait(Interval::from_secs(interval), retries).as_secs())
            .collect()
    }

    #[test]
    fn a_fixed_backoff_repeats_the_interval() {
        assert_eq!(waits(&Backoff::Fixed, 60), [60; 6]);
    }

    #[test]
    fn an_exponential_backoff_doubles_up_to_an_hour() {
        assert_eq!(
            waits(&Backoff::Exponential, 300),
            [300, 600, 1_200, 2_400, 3_600, 3_600]
        );
        assert_eq!(
            Backoff::Exponential.wait(Interval::from_secs(1), 4_000).as_secs(),
            3_600
        );
        assert_eq!(Backoff::Exponential.wait(Interval::from_secs(0), 90).as_secs(), 0);
        assert_eq!(
            Backoff::Exponential.wait(Interval::from_secs(7_200), 3).as_secs(),
            7_200
        );
    }

    #[test]
    fn the_last_wait_of_a_list_repeats() {
        let list = Backoff::List([10, 60, 300].map(Interval::from_secs).to_vec());
        assert_eq!(waits(&list, 1), [10, 60, 300, 300, 300, 300]);
    }

    #[test]
    fn backoffs_read_as_they_are_written() {
        for text in ["\"fixed\"", "\"exponential\"", "[10,60]"] {
            let backoff: Backoff = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&backoff).unwrap(), text);
        }
        for text in ["\"linear\"", "[]", "3", "[-1]"] {
            assert!(serde_json::from_str::<Backoff>(text).is_err(), "{text}");
        }
    }
}
