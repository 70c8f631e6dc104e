//! How `handlerParam` becomes the type that a handler takes.

use crate::failure::Failure;
use crate::schema::{Members, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What may stand as a handler's parameter; `#[param]` implements it for structs and enums.
pub trait Param: Sized {
    /// Reads the job's `handlerParam`.
    fn parse(text: &str) -> Result<Self, Failure>;

    /// The JSON Schema that people and tools are shown; none where any text goes.
    fn schema() -> Option<String>;
}

impl Param for () {
    fn parse(_: &str) -> Result<Self, Failure> {
        Ok(())
    }

    fn schema() -> Option<String> {
        None
    }
}

impl Param for String {
    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(text.to_owned())
    }

    fn schema() -> Option<String> {
        None
    }
}

impl Param for Value {
    fn parse(text: &str) -> Result<Self, Failure> {
        from_json(text)
    }

    fn schema() -> Option<String> {
        None
    }
}

/// Reads JSON; an empty text counts as `{}`. A parameter that does not parse fails for good: a retry would read the same.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_json::from_str(text).map_err(|error| Failure::Permanent(format!("handlerParam: {error}")))
}

/// The schema of a parameter read by [`from_json`].
pub fn schema_of<T: Schema>() -> String {
    Members::document::<T>()
}
