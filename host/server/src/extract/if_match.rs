use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use wasmtab_service::Expected;

use crate::problem::Problem;

/// Which revision an edit is meant for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Expected);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Box<Problem>> {
        let said = parts.headers.get(header::IF_MATCH);
        Ok(Self(said.map_or(Expected::Unsaid, |value| {
            value.to_str().map_or(Expected::Other, read)
        })))
    }
}

fn read(said: &str) -> Expected {
    let said = said.trim();
    if said == "*" {
        return Expected::Any;
    }
    let tag = said.strip_prefix("W/").unwrap_or(said);
    let revision = tag
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .and_then(|tag| tag.parse().ok());
    revision.map_or(Expected::Other, Expected::Revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_revisions_in_quotes() {
        assert_eq!(read("\"3\""), Expected::Revision(3));
        assert_eq!(read("W/\"3\""), Expected::Revision(3));
        assert_eq!(read("*"), Expected::Any);
        for other in ["3", "\"x\"", "", "\"3", "\"1\", \"2\""] {
            assert_eq!(read(other), Expected::Other, "{other}");
        }
    }
}
