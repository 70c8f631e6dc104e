//! As much of a URL as `wasi:http` wants: scheme, authority, path with query.

use super::Error;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) https: bool,
    pub(super) authority: String,
    pub(super) path_with_query: String,
}

impl Url {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let bad = |reason| Error::BadUrl {
            url: url.to_owned(),
            reason,
        };
        if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(bad("it holds a space or a control character"));
        }
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| bad("it does not begin with http:// or https://"))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(bad("the scheme is neither http nor https")),
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() {
            return Err(bad("it names no host"));
        }
        if authority.contains('@') {
            return Err(bad("a name and password belong in a header, not in the URL"));
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            https,
            authority: authority.to_owned(),
            path_with_query: format!("{slash}{path}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (text, https, authority, path) in [
            ("https://example.com", true, "example.com", "/"),
            (
                "HTTP://example.com:8080/a/b?c=d#e",
                false,
                "example.com:8080",
                "/a/b?c=d",
            ),
            ("http://[::1]:80?x", false, "[::1]:80", "/?x"),
        ] {
            let url = Url {
                https,
                authority: authority.into(),
                path_with_query: path.into(),
            };
            assert_eq!(Url::parse(text).unwrap(), url, "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "example.com",
            "https://",
            "https:///x",
            "https://a b/",
            "https://me:pw@example.com/",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
