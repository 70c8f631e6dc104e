//! Lists in pages.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    error::{ServiceError, ServiceResult},
    view::ListView,
};

/// How many items a page has unless asked.
const DEFAULT: u32 = 50;
/// How many it has at most.
const MAX: u32 = 500;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items, 1 to 500; 50 unless said.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// The page as the store counts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) limit: u32,
    pub(crate) from: Option<i64>,
}

/// Reads what a list query says of its page.
pub(crate) fn slice(list: &str, limit: Option<u32>, cursor: Option<&str>) -> ServiceResult<Slice> {
    let limit = limit.unwrap_or(DEFAULT);
    if !(1..=MAX).contains(&limit) {
        return Err(ServiceError::field(
            "limit",
            format!("must be from 1 to {MAX}, not {limit}"),
        ));
    }
    let from = cursor.map(|text| cursor::decode(list, text)).transpose()?;
    Ok(Slice { limit, from })
}

/// A page out of a list that is at hand as a whole.
pub(crate) fn cut<T>(list: &str, query: &PageQuery, items: Vec<T>) -> ServiceResult<ListView<T>> {
    let slice = slice(list, query.limit, query.cursor.as_deref())?;
    let from = usize::try_from(slice.from.unwrap_or(0)).map_err(|_| ServiceError::BadCursor)?;
    let end = from.saturating_add(slice.limit as usize);
    let next_cursor = (end < items.len()).then(|| cursor::encode(list, end as i64));
    let items = items.into_iter().skip(from).take(slice.limit as usize).collect();
    Ok(ListView { items, next_cursor })
}

/// The cursor behind a page of the store's.
pub(crate) fn next(list: &str, at: Option<i64>) -> Option<String> {
    at.map(|at| cursor::encode(list, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_list_once() {
        let mut query = PageQuery {
            limit: Some(2),
            cursor: None,
        };
        let mut seen = Vec::new();
        loop {
            let page = cut("numbers", &query, vec![1, 2, 3, 4, 5]).unwrap();
            seen.extend(page.items);
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_limit_out_of_bounds_is_named() {
        for limit in [0, 501] {
            let error = slice("jobs", Some(limit), None).unwrap_err();
            assert!(
                error.to_string().starts_with("limit: must be from 1 to 500"),
                "{error}"
            );
        }
    }
}
