//! Instants and lengths of time, as the whole product counts them: whole microseconds.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{DateTime, Offset as _, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
///
/// Databases keep the number itself; people and the API see RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that lies `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch are the unit of most test fixtures.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000)
    }

    /// This instant for chrono; instants outside chrono's range clamp to its ends.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// `length` later; stops at the end of time.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(length.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// `length` earlier; stops at the beginning of time.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(length.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 with the offset that `zone` has at this instant. Before standard time offsets had seconds, which the format cannot
    /// say; such an instant is told in UTC.
    pub fn in_zone(self, zone: chrono_tz::Tz) -> String {
        let local = self.to_chrono().with_timezone(&zone);
        if local.offset().fix().local_minus_utc() % 60 != 0 {
            return self.to_string();
        }
        local.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc().into()).map_err(|cause| {
            format!("`{text}` is not an instant like 2026-01-31T09:00:00+08:00 (RFC 3339 with an offset): {cause}")
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The wall clock. Reading it is an effect, so whoever needs the time is given one of these; tests give a simulated one.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_in_a_zone_is_read_as_the_same_instant() {
        for said in [
            "2026-01-31T01:00:00Z",
            "1013-01-01T00:00:00Z",
            "1900-06-01T12:00:00.000001Z",
        ] {
            let instant: Timestamp = said.parse().unwrap();
            for zone in [
                chrono_tz::Asia::Shanghai,
                chrono_tz::Europe::Amsterdam,
                chrono_tz::UTC,
            ] {
                let told = instant.in_zone(zone);
                assert_eq!(told.parse(), Ok(instant), "{told}");
            }
        }
        let instant: Timestamp = "2026-01-31T01:00:00Z".parse().unwrap();
        assert_eq!(
            instant.in_zone(chrono_tz::Asia::Shanghai),
            "2026-01-31T09:00:00+08:00"
        );
    }
}
