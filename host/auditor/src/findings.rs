//! What does not add up.

use std::fmt;

/// Something that does not add up, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What, for people.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.rule, self.text)
    }
}

/// Findings in the order in which they were come upon.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one.
    pub fn add(&mut self, rule: &'static str, text: String) {
        self.0.push(Finding { rule, text });
    }

    /// Adds one where the two differ.
    pub fn same<T: PartialEq + fmt::Debug>(
        &mut self,
        rule: &'static str,
        what: impl FnOnce() -> String,
        found: &T,
        expected: &T,
    ) {
        if found != expected {
            self.add(
                rule,
                format!("{}: found {found:?}, expected {expected:?}", what()),
            );
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_inner(self) -> Vec<Finding> {
        self.0
    }
}
