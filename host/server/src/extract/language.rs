use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, header, request::Parts},
};
use serde::Deserialize;
use wasmtab_service::{Lang, ServiceError};

use crate::problem::Problem;

/// The language of descriptions: the parameter `lang`, else `Accept-Language`, else English.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Language(pub(crate) Lang);

#[derive(Deserialize)]
struct Said {
    lang: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Box<Problem>> {
        let said = Query::<Said>::try_from_uri(&parts.uri);
        let said = said.map_err(|error| Problem::of_status(StatusCode::BAD_REQUEST, &error.body_text()))?;
        if let Some(word) = &said.lang {
            let lang = word
                .parse()
                .map_err(|reason| ServiceError::field("lang", reason))?;
            return Ok(Self(lang));
        }
        let accepted = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Ok(Self(accepted.and_then(best).unwrap_or(Lang::En)))
    }
}

/// The language that is liked most among those there are; of equals the first.
fn best(accepted: &str) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    for range in accepted.split(',') {
        let mut parts = range.split(';');
        let Some(Ok(lang)) = parts.next().map(|tag| tag.trim().parse()) else {
            continue;
        };
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q=")?.parse().ok())
            .unwrap_or(1.0);
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        assert_eq!(best("zh-CN,zh;q=0.9,en;q=0.8"), Some(Lang::Zh));
        assert_eq!(best("de, en;q=0.5, zh;q=0.7"), Some(Lang::Zh));
        assert_eq!(best("fr"), None);
        assert_eq!(best("zh;q=0, en;q=0.1"), Some(Lang::En));
        assert_eq!(best(";;,,q="), None);
    }
}
