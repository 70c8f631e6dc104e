//! The values of secrets, kept where they cannot leak into a log or a page.

use std::{collections::BTreeMap, fmt};

/// The values of the secrets that were granted, by name. Neither serialised nor shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretValues(BTreeMap<String, String>);

impl SecretValues {
    /// The value of the secret `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets the value of the secret `name`.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }
}

impl FromIterator<(String, String)> for SecretValues {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.keys().map(|name| (name, "redacted")))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown() {
        let mut values = SecretValues::default();
        values.insert("TOKEN", "hunter2");
        assert_eq!(values.get("TOKEN"), Some("hunter2"));
        assert_eq!(format!("{values:?}"), r#"{"TOKEN": "redacted"}"#);
    }
}
