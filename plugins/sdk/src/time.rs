//! Instants as text: the little that handlers need without a date library.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// An instant in UTC, to the second: `2026-11-23T02:00:00Z`. Instants before 1970 read as 1970.
pub fn rfc3339(instant: SystemTime) -> String {
    let seconds = instant.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = date_of_day(seconds / DAY);
    let clock = seconds % DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        clock / 3600,
        clock / 60 % 60,
        clock % 60
    )
}

/// Reads an RFC 3339 instant of 1970 or later; none where the text is not one.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let punctuation = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let bytes = text.as_bytes();
    if punctuation.iter().any(|(at, byte)| bytes.get(*at) != Some(byte))
        || !matches!(bytes.get(10)?, b'T' | b't' | b' ')
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if year < 1970
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let (fraction, zone) = split_fraction(text.get(19..)?)?;
    let local = day_of_date(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    let seconds = i64::try_from(local).ok()? - offset_seconds(zone)?;
    Some(UNIX_EPOCH + Duration::new(u64::try_from(seconds).ok()?, fraction))
}

/// Splits `.25Z` into nanoseconds and what follows.
fn split_fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, zone) = rest.split_at(digits);
    let to_nanoseconds = format!("{:0<9}", fraction.get(..digits.min(9))?);
    Some((to_nanoseconds.parse().ok()?, zone))
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two_digits = |text: &str| -> Option<i64> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    Some(sign * (two_digits(hours)? * 60 + two_digits(minutes)?) * 60)
}

/// The civil date of a day since 1970, by eras of 400 years that begin in March.
fn date_of_day(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// The days from 1970 to a civil date; the inverse of [`date_of_day`].
fn day_of_date(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_and_print_alike() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2000-02-29T12:34:56Z",
            "2026-11-23T02:00:00Z",
            "2100-03-01T23:59:59Z",
        ] {
            assert_eq!(rfc3339(parse_rfc3339(text).unwrap()), text);
        }
    }

    #[test]
    fn offsets_and_fractions_count() {
        let instant = parse_rfc3339("2026-01-05T02:00:00.25+08:00").unwrap();
        assert_eq!(
            instant,
            parse_rfc3339("2026-01-04T18:00:00Z").unwrap() + Duration::from_millis(250)
        );
        assert_eq!(
            rfc3339(parse_rfc3339("2026-01-04T20:30:00-03:30").unwrap()),
            "2026-01-05T00:00:00Z"
        );
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2026-01-05",
            "2026-13-05T02:00:00Z",
            "2026-01-05T02:00:00",
            "2026-01-05T02:00:00+8",
            "2026-01-05T02:00:00+08:+9",
            "äöüäöüäöüäöüä",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_a_century_goes_there_and_back() {
        for day in 0..47_847 {
            let (year, month, date) = date_of_day(day);
            assert_eq!(day_of_date(year, month, date), day);
        }
    }
}
