//! Instants as people say them: RFC 3339, or a length of time from now.

use std::time::Duration;

use wasmtab_domain::{interval::Interval, time::Timestamp};

use crate::exit::Failure;

/// `2026-01-31T09:00:00+08:00`, or `2h`: two hours before `now`.
pub(crate) fn past(flag: &str, said: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    read(flag, said, |length| now.minus(length))
}

/// `2026-01-31T09:00:00+08:00`, or `2h`: two hours after `now`.
pub(crate) fn future(flag: &str, said: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    read(flag, said, |length| now.plus(length))
}

/// RFC 3339 alone.
pub(crate) fn instant(flag: &str, said: &str) -> Result<Timestamp, Failure> {
    said.trim()
        .parse()
        .map_err(|reason| Failure::usage(format!("{flag}: {reason}")))
}

/// A length of time like `30s`, `5m`, `250ms`; for the command line's own waits.
pub(crate) fn length(said: &str) -> Result<Duration, String> {
    if let Some(millis) = said.trim().strip_suffix("ms") {
        let millis = millis
            .trim()
            .parse()
            .map_err(|_| format!("`{said}` is not a length of time"))?;
        return Ok(Duration::from_millis(millis));
    }
    said.parse::<Interval>().map(Interval::to_duration)
}

fn read(flag: &str, said: &str, relative: impl FnOnce(Duration) -> Timestamp) -> Result<Timestamp, Failure> {
    // A bare number would be seconds to an interval; as an instant it is more likely a mistake.
    match said.parse::<Interval>() {
        Ok(length) if !said.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(relative(length.to_duration()))
        }
        _ => said.trim().parse().map_err(|reason| {
            Failure::usage(format!(
                "{flag}: {reason}; a length of time like `2h` is taken too"
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_from_now() {
        let now = Timestamp::from_secs(1_800_000_000);
        assert_eq!(
            past("--since", "2h", now),
            Ok(Timestamp::from_secs(1_800_000_000 - 7_200))
        );
        assert_eq!(
            future("--until", "1d", now),
            Ok(Timestamp::from_secs(1_800_000_000 + 86_400))
        );
        assert_eq!(
            past("--since", "2027-01-15T16:00:00+08:00", now),
            Ok(Timestamp::from_secs(1_800_000_000))
        );
    }

    #[test]
    fn a_bad_instant_names_its_flag() {
        for said in ["yesterday", "2026-01-31", "1800000000", ""] {
            let failure = past("--since", said, Timestamp::default()).unwrap_err();
            assert!(failure.message.starts_with("--since: "), "{failure}");
        }
    }

    #[test]
    fn lengths_are_read_down_to_milliseconds() {
        assert_eq!(length("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(length("3s"), Ok(Duration::from_secs(3)));
        assert!(length("3 parsecs").is_err());
    }
}
