//! One page: its address, its items, its successor.

use std::fmt::Write;
use wasmtab_sdk::prelude::*;

/// What a page says.
#[derive(Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<String>,
}

impl Page {
    /// Takes a page apart by two JSON pointers.
    pub(crate) fn read(mut page: Value, items: &str, next: &str) -> Result<Self, Failure> {
        let next = match page.pointer(next) {
            None | Some(Value::Null) => None,
            Some(Value::String(cursor)) if cursor.is_empty() => None,
            Some(Value::String(cursor)) => Some(cursor.clone()),
            Some(Value::Number(cursor)) => Some(cursor.to_string()),
            Some(_) => fail!(
                permanent,
                "the page has neither text nor a number at {next:?} (next)"
            ),
        };
        match page.pointer_mut(items).map(Value::take) {
            Some(Value::Array(items)) => Ok(Self { items, next }),
            _ => fail!(permanent, "the page has no array at {items:?} (items)"),
        }
    }
}

/// A page's URL: the first one as it is, the others with the cursor in the query.
pub(crate) fn url(first: &str, parameter: &str, cursor: Option<&str>) -> String {
    let Some(cursor) = cursor else {
        return first.to_owned();
    };
    let separator = match first.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{first}{separator}{}={}", encoded(parameter), encoded(cursor))
}

/// Percent-encoding of everything but RFC 3986's unreserved characters.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stands_encoded_in_the_query() {
        assert_eq!(url("http://a/x", "cursor", None), "http://a/x");
        assert_eq!(
            url("http://a/x", "cursor", Some("a b&c")),
            "http://a/x?cursor=a%20b%26c"
        );
        assert_eq!(
            url("http://a/x?size=9", "after", Some("é")),
            "http://a/x?size=9&after=%C3%A9"
        );
    }

    #[test]
    fn pointers_find_items_and_cursor() {
        let page = json!({"data": {"rows": [1, 2]}, "meta": {"next": 7}});
        let page = Page::read(page, "/data/rows", "/meta/next").unwrap();
        assert_eq!(
            page,
            Page {
                items: vec![json!(1), json!(2)],
                next: Some("7".into())
            }
        );
        let last = Page::read(json!([1]), "", "/next").unwrap();
        assert_eq!(
            last,
            Page {
                items: vec![json!(1)],
                next: None
            }
        );
    }

    #[test]
    fn a_page_of_another_shape_is_refused() {
        let failure = Page::read(json!({"items": {}}), "/items", "/next").unwrap_err();
        assert_eq!(
            failure,
            Failure::permanent("the page has no array at \"/items\" (items)")
        );
        assert!(Page::read(json!({"items": [], "next": {}}), "/items", "/next").is_err());
    }
}
