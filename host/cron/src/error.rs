//! Why an expression was refused.

use std::fmt;

/// Characters of the offending text that a message repeats.
const SHOWN: usize = 40;

/// An expression that is not a schedule: the field at fault and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    field: &'static str,
    label: &'static str,
    text: String,
    reason: String,
}

impl ParseError {
    pub(crate) fn field_error(
        field: &'static str,
        label: &'static str,
        text: &str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            field,
            label,
            text: shown(text),
            reason: reason.into(),
        }
    }

    /// An error that belongs to the expression as a whole.
    pub(crate) fn expression(text: &str, reason: impl Into<String>) -> Self {
        Self::field_error("expression", "expression", text, reason)
    }

    /// The field at fault: `second`, `minute`, `hour`, `dayOfMonth`, `month`, `dayOfWeek`, `year`, or `expression`.
    pub fn field(&self) -> &str {
        self.field
    }

    /// What is wrong with it, as a sentence without the field's name.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.field == "expression" { "" } else { " field" };
        write!(
            f,
            "cronExpression: {}{what} `{}`: {}",
            self.label, self.text, self.reason
        )
    }
}

impl std::error::Error for ParseError {}

/// The text on one line, cut where it is long: it is somebody's input and ends up in logs.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}
