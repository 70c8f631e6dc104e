//! What names may be.

use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    limits,
};

/// The longest name of a plugin, and the longest label.
const WORD_BYTES: usize = 100;

/// A free name: of a handler, of a token.
pub(crate) fn check_name(field: &str, text: &str) -> Result<(), FieldErrors> {
    let refuse = |reason: &str| Err(FieldError::new(field, reason).into());
    if text.trim().is_empty() {
        return refuse("is empty");
    }
    if text.trim() != text {
        return refuse("begins or ends with a space");
    }
    if text.len() > limits::NAME_BYTES {
        return refuse(&format!(
            "is {} bytes long; {} are allowed",
            text.len(),
            limits::NAME_BYTES
        ));
    }
    if text.chars().any(char::is_control) {
        return refuse("contains a control character");
    }
    Ok(())
}

/// A plugin's name: it stands in addresses and before `@`.
pub(crate) fn check_plugin(field: &str, text: &str) -> Result<(), FieldErrors> {
    check_word(field, text, "letters, digits, `.`, `_` and `-`", |c| {
        matches!(c, '.' | '_' | '-')
    })
}

/// A version's label: it stands where a version's number may, so it is none.
pub(crate) fn check_label(field: &str, text: &str) -> Result<(), FieldErrors> {
    check_word(field, text, "letters, digits, `.`, `_`, `+` and `-`", |c| {
        matches!(c, '.' | '_' | '+' | '-')
    })?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::new(field, "is a mere number, which would look like a version").into());
    }
    Ok(())
}

fn check_word(field: &str, text: &str, which: &str, extra: impl Fn(char) -> bool) -> Result<(), FieldErrors> {
    let good = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= WORD_BYTES
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra(c));
    if good {
        return Ok(());
    }
    let reason = format!("must be 1 to {WORD_BYTES} of {which}, and begin with a letter or digit");
    Err(FieldError::new(field, reason).into())
}

/// A text that is kept as it is, if it is not longer than `limit` bytes.
pub(crate) fn check_length(field: &str, text: &str, limit: usize) -> Result<(), FieldErrors> {
    if text.len() > limit {
        return Err(FieldError::new(
            field,
            format!("is {} bytes long; {limit} are allowed", text.len()),
        )
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_mislead_are_refused() {
        for name in ["", " ", " a", "a\u{7}", &"a".repeat(256)] {
            assert!(check_name("name", name).is_err(), "{name:?}");
        }
        assert_eq!(check_name("name", "数据备份"), Ok(()));
        for name in ["", "-a", "a b", "a@1", "a/b", "é", &"a".repeat(101)] {
            assert!(check_plugin("plugin", name).is_err(), "{name:?}");
        }
        assert_eq!(check_plugin("plugin", "data-backup_2.x"), Ok(()));
    }

    #[test]
    fn a_label_is_no_number() {
        assert!(check_label("label", "12").is_err());
        for label in ["v12", "1.2.0", "1.2.0+build-7"] {
            assert_eq!(check_label("label", label), Ok(()), "{label}");
        }
    }
}
