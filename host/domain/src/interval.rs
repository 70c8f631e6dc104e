//! Lengths of time as people write them: whole seconds, `30s`, `5m`, `2h`, `1d`.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A whole number of seconds. JSON shows the number; a text with a unit is accepted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Interval(u64);

impl Interval {
    /// The longest interval that is taken anywhere: a hundred years.
    pub const MAX: Self = Self(100 * 366 * 86_400);

    /// `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// The number of seconds.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The same length for the standard library.
    pub const fn to_duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.0 {
            0 => (0, "s"),
            secs if secs % 86_400 == 0 => (secs / 86_400, "d"),
            secs if secs % 3_600 == 0 => (secs / 3_600, "h"),
            secs if secs % 60 == 0 => (secs / 60, "m"),
            secs => (secs, "s"),
        };
        write!(f, "{number}{unit}")
    }
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || {
            format!(
                "`{text}` is not a length of time: write seconds (`90`) or a number with s, m, h or d (`90s`, `5m`)"
            )
        };
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| refuse())?;
        let unit = match unit.trim() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(refuse()),
        };
        match number.checked_mul(unit) {
            Some(secs) if secs <= Self::MAX.0 => Ok(Self(secs)),
            _ => Err(format!("`{text}` is longer than a hundred years")),
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Interval;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole seconds, or a text like `30s` or `5m`")
            }

            fn visit_u64<E: de::Error>(self, secs: u64) -> Result<Interval, E> {
                if secs > Interval::MAX.0 {
                    return Err(E::custom(format!("`{secs}` is longer than a hundred years")));
                }
                Ok(Interval(secs))
            }

            fn visit_i64<E: de::Error>(self, secs: i64) -> Result<Interval, E> {
                u64::try_from(secs)
                    .map_err(|_| E::custom(format!("`{secs}` is negative")))
                    .and_then(|secs| self.visit_u64(secs))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Interval, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units_are_read() {
        for (text, secs) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("5m", 300),
            ("2h", 7_200),
            (" 1d ", 86_400),
            ("3 m", 180),
        ] {
            assert_eq!(text.parse(), Ok(Interval::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for text in [
            "",
            "m",
            "-1",
            "1.5h",
            "5 minutes",
            "99999999999999999999",
            "1000000d",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Interval>("-3").is_err());
        assert!(serde_json::from_str::<Interval>("1.5").is_err());
    }

    #[test]
    fn the_display_reads_back() {
        for secs in [0, 1, 59, 60, 61, 3_600, 5_400, 86_400] {
            let interval = Interval::from_secs(secs);
            assert_eq!(interval.to_string().parse(), Ok(interval));
        }
    }
}
