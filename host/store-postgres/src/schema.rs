//! The name of the schema in which everything lies.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Where nothing else is said.
pub const DEFAULT_SCHEMA: &str = "wasmtab";

/// A schema's name: lower-case letters, digits and `_`, so that it needs no quotes anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(String);

/// The name is not one that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` cannot be the name of a schema: it is lower-case letters, digits and _, begins with a letter, and has 1 to 48 of them"
)]
pub struct SchemaError(String);

impl Schema {
    /// Bytes of a name at most: PostgreSQL's own names end at 63.
    const LONGEST: usize = 48;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self(DEFAULT_SCHEMA.to_owned())
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Schema {
    type Err = SchemaError;

    fn from_str(text: &str) -> Result<Self, SchemaError> {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        // PostgreSQL keeps names that begin so for itself.
        let taken = text.starts_with("pg_");
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if plain && begins && !taken && text.len() <= Self::LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(SchemaError(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_no_quotes() {
        for name in ["wasmtab", "w", "team_a2"] {
            assert_eq!(name.parse::<Schema>().unwrap().as_str(), name);
        }
        for name in [
            "",
            "Wasmtab",
            "2a",
            "_a",
            "a-b",
            "a b",
            "a\"b",
            "pg_own",
            &"a".repeat(49),
        ] {
            assert!(name.parse::<Schema>().is_err(), "{name}");
        }
    }
}
