//! What a handler returns when it did not fail.

use crate::bindings::wasmtab::job::types as wit;
use crate::failure::Failure;
use serde::Serialize;
use serde_json::Value;

/// How an attempt that did not fail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done; the result is kept with the attempt (256 KiB at most).
    Done(String),
    /// The work goes on elsewhere and is reported done with the context's completion token.
    Pending,
}

/// What may stand in a handler's `Ok`.
pub trait IntoOutcome {
    /// The outcome, or why the value has no JSON form.
    fn into_outcome(self) -> Result<Outcome, Failure>;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Result<Outcome, Failure> {
        Ok(self)
    }
}

impl<T: Serialize> IntoOutcome for T {
    fn into_outcome(self) -> Result<Outcome, Failure> {
        let value = serde_json::to_value(self)
            .map_err(|error| Failure::Permanent(format!("the result has no JSON form: {error}")))?;
        Ok(Outcome::Done(match value {
            // Text is a result as it stands: quoting it would help nobody.
            Value::String(text) => text,
            Value::Null => String::new(),
            value => value.to_string(),
        }))
    }
}

impl From<Outcome> for wit::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done(result) => Self::Done(result),
            Outcome::Pending => Self::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn done(value: impl IntoOutcome) -> Outcome {
        value.into_outcome().unwrap()
    }

    #[test]
    fn text_stands_as_it_is_and_values_become_json() {
        assert_eq!(done("plain"), Outcome::Done("plain".into()));
        assert_eq!(done(()), Outcome::Done(String::new()));
        assert_eq!(done(json!({"files": 3})), Outcome::Done(r#"{"files":3}"#.into()));
        assert_eq!(done(Outcome::Pending), Outcome::Pending);
    }
}
