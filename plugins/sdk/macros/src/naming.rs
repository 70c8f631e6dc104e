//! serde's `rename_all`, for schemas that name fields as serde will.

/// Renames a field (snake_case) or, where the flag is set, a variant (PascalCase).
pub(crate) type Rule = fn(&str, bool) -> String;

/// The rule of that name.
pub(crate) fn rule(name: &str) -> Option<Rule> {
    Some(match name {
        "lowercase" => |name, variant| {
            if variant {
                name.to_ascii_lowercase()
            } else {
                name.to_owned()
            }
        },
        "UPPERCASE" => |name, _| name.to_ascii_uppercase(),
        "PascalCase" => |name, variant| if variant { name.to_owned() } else { pascal(name) },
        "camelCase" => camel,
        "snake_case" => snake,
        "SCREAMING_SNAKE_CASE" => |name, variant| snake(name, variant).to_ascii_uppercase(),
        "kebab-case" => |name, variant| snake(name, variant).replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => |name, variant| snake(name, variant).to_ascii_uppercase().replace('_', "-"),
        _ => return None,
    })
}

pub(crate) fn camel(name: &str, variant: bool) -> String {
    let pascal = if variant { name.to_owned() } else { pascal(name) };
    let mut letters = pascal.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

pub(crate) fn unchanged(name: &str, _: bool) -> String {
    name.to_owned()
}

/// A name as a JSON string; names of fields and variants need little escaping.
pub(crate) fn json(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn pascal(snake: &str) -> String {
    let words = snake.split('_').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    });
    words.collect()
}

fn snake(name: &str, variant: bool) -> String {
    if !variant {
        return name.to_owned();
    }
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_variants_are_renamed_as_serde_does() {
        for (name, field, variant) in [
            ("lowercase", "keep_days", "keepdays"),
            ("UPPERCASE", "KEEP_DAYS", "KEEPDAYS"),
            ("PascalCase", "KeepDays", "KeepDays"),
            ("camelCase", "keepDays", "keepDays"),
            ("snake_case", "keep_days", "keep_days"),
            ("SCREAMING_SNAKE_CASE", "KEEP_DAYS", "KEEP_DAYS"),
            ("kebab-case", "keep-days", "keep-days"),
            ("SCREAMING-KEBAB-CASE", "KEEP-DAYS", "KEEP-DAYS"),
        ] {
            let rule = rule(name).unwrap();
            assert_eq!(
                (rule("keep_days", false), rule("KeepDays", true)),
                (field.into(), variant.into()),
                "{name}"
            );
        }
        assert!(rule("other").is_none());
    }
}
