//! Where the next page of a list begins, as a text that nobody is meant to read.

use std::{fmt::Display, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::{ServiceError, ServiceResult};

/// The cursor of `list` that stands at `at`.
pub(crate) fn encode(list: &str, at: impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}:{at}"))
}

/// What a cursor of `list` stands at.
pub(crate) fn decode<T: FromStr>(list: &str, cursor: &str) -> ServiceResult<T> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(list)?.strip_prefix(':')?.parse().ok())
        .ok_or(ServiceError::BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_with_its_list_only() {
        let cursor = encode("runs", 7);
        assert_eq!(decode::<i64>("runs", &cursor).unwrap(), 7);
        for (list, cursor) in [
            ("jobs", cursor.as_str()),
            ("runs", ""),
            ("runs", "%"),
            ("runs", "cnVuczo"),
        ] {
            assert!(
                matches!(decode::<i64>(list, cursor), Err(ServiceError::BadCursor)),
                "{list} {cursor}"
            );
        }
    }
}
