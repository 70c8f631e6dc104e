//! Typed ids, and the source of those that the host makes itself.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::time::Timestamp;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

/// Ids of 63 bits are strings in JSON: JavaScript's numbers would round them.
macro_rules! string_in_json {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(D::Error::custom)
            }
        }
    };
}

id! {
    /// A row of `infra_job`.
    #[derive(Serialize, Deserialize)]
    JobId
}
id! {
    /// The carrying-out of one fire, trigger or call. It is the handler's idempotency key.
    RunId
}
id! {
    /// One try at a run, a row of `infra_job_log`; also the fencing token of its claim.
    AttemptId
}
id! {
    /// One start of one process.
    BootId
}
string_in_json!(RunId);
string_in_json!(AttemptId);
string_in_json!(BootId);

impl RunId {
    /// The run's first attempt bears the run's own number, so that a run of one attempt needs no index to find its log row.
    pub const fn first_attempt(self) -> AttemptId {
        AttemptId(self.0)
    }
}

/// Makes ids that rise with time and never repeat, also after a restore from a backup or a clock set back.
///
/// From the top: 41 bits of milliseconds since 2024, 12 bits that count within one, 10 bits that tell processes apart.
#[derive(Debug)]
pub struct IdSource {
    node: i64,
    last: i64,
}

impl IdSource {
    const EPOCH_MILLIS: i64 = 1_704_067_200_000;
    const NODE_BITS: u32 = 10;
    const COUNT_BITS: u32 = 12;

    /// A source for the process that `node` tells apart (its low ten bits count), which begins above `floor`.
    pub const fn new(node: u64, floor: i64) -> Self {
        Self {
            node: (node & ((1 << Self::NODE_BITS) - 1)) as i64,
            last: floor >> Self::NODE_BITS,
        }
    }

    /// The next id. When more than 4,096 are asked for in a millisecond, they run ahead of the clock.
    pub fn next(&mut self, now: Timestamp) -> i64 {
        let millis = (now.as_micros() / 1_000 - Self::EPOCH_MILLIS).max(0);
        self.last = (self.last + 1).max(millis << Self::COUNT_BITS);
        (self.last << Self::NODE_BITS) | self.node
    }

    /// The smallest id that could have been made at `instant`: ids below it are older.
    pub const fn floor_at(instant: Timestamp) -> i64 {
        let millis = instant.as_micros() / 1_000 - Self::EPOCH_MILLIS;
        if millis < 0 {
            0
        } else {
            millis << (Self::COUNT_BITS + Self::NODE_BITS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_goes_back() {
        let mut ids = IdSource::new(7, 0);
        let first = ids.next(Timestamp::from_secs(1_800_000_000));
        let second = ids.next(Timestamp::from_secs(1_700_000_000));
        assert!(second > first);
        assert!(first >= IdSource::floor_at(Timestamp::from_secs(1_800_000_000)));
    }

    #[test]
    fn a_new_source_begins_above_the_floor() {
        let now = Timestamp::from_secs(1_800_000_000);
        let floor = IdSource::new(1, 0).next(now);
        assert!(IdSource::new(0, floor).next(Timestamp::from_secs(0)) > floor);
    }
}
