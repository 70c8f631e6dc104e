//! Lists that come in pages.

use serde_json::{Value, json};

use super::{Client, Request};
use crate::exit::Failure;

/// The most items that one page has.
const PAGE: usize = 500;

impl Client {
    /// The first `limit` items of a list, over as many pages as it takes: `{"items": […]}`, and `nextCursor` where there
    /// are more. `query` adds the list's filters to each request.
    pub(crate) async fn list(
        &self,
        path: &[&str],
        limit: usize,
        query: impl for<'a> Fn(Request<'a>) -> Request<'a>,
    ) -> Result<Value, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = (limit - items.len()).min(PAGE).to_string();
            let request = query(self.get(path))
                .query("limit", &page)
                .query_opt("cursor", cursor.as_deref());
            let mut reply = request.send().await?.body;
            let next = reply.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
            let Some(Value::Array(page)) = reply.get_mut("items").map(Value::take) else {
                return Err(Failure::own(
                    "the server answered without `items` where a list was asked for",
                ));
            };
            let page_is_empty = page.is_empty();
            items.extend(page);
            // A list without pages answers with everything it has.
            items.truncate(limit);
            match next {
                Some(next) if items.len() < limit && !page_is_empty && cursor.as_ref() != Some(&next) => {
                    cursor = Some(next);
                }
                Some(next) => return Ok(json!({ "items": items, "nextCursor": next })),
                None => return Ok(json!({ "items": items })),
            }
        }
    }
}
