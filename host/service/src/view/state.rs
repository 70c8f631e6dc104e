use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_store::StateEntry;

/// A page of what a job or a handler keeps from one run to the next.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateView {
    /// The pairs, in byte order of their keys.
    pub items: Vec<StateEntryView>,
    /// What to pass as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
    /// Keys, on all pages together.
    pub keys: u64,
    /// Bytes of keys and values, on all pages together.
    pub bytes: u64,
    /// Bytes that they may have.
    pub quota: u64,
    /// Who does not read this, though one might expect it.
    pub note: Option<String>,
}

/// One pair. Values that are UTF-8 are shown as text, others in base64.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateEntryView {
    /// The key.
    pub key: String,
    /// Bytes of the value.
    pub bytes: u64,
    /// The value, where it is text. Lists leave out values of more than 1 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The value, where it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// Whose state there is, and how much.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateScopeView {
    /// The job's; null for a handler's.
    pub job_id: Option<i64>,
    /// Its name; null where it was deleted.
    pub job_name: Option<String>,
    /// The handler's; null for a job's.
    pub handler_name: Option<String>,
    /// Keys.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// Bytes that they may have.
    pub quota: u64,
    /// Who does not read this, though one might expect it.
    pub note: Option<String>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct StateClearedView {
    /// How many values.
    pub removed: u64,
}

impl StateEntryView {
    /// A pair with its value, however long.
    pub fn new(key: String, value: Vec<u8>) -> Self {
        let bytes = value.len() as u64;
        let (text, base64) = match String::from_utf8(value) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
        };
        Self {
            key,
            bytes,
            text,
            base64,
        }
    }
}

impl From<StateEntry> for StateEntryView {
    fn from(entry: StateEntry) -> Self {
        match entry.value {
            Some(value) => Self::new(entry.key, value),
            None => Self {
                key: entry.key,
                bytes: entry.bytes,
                text: None,
                base64: None,
            },
        }
    }
}
