//! The language that the environment asks for.

use wasmtab_cron::Lang;

/// As `LANG` and its kin say; English where they say neither of the two.
pub(crate) fn of_environment() -> Lang {
    of(|name| std::env::var(name).ok())
}

/// By POSIX's order.
fn of(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    if said.is_some_and(|value| value.starts_with("zh")) {
        Lang::Zh
    } else {
        Lang::En
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let chosen = |all: &str, lang: &str| {
            of(|name| match name {
                "LC_ALL" => Some(all.to_owned()),
                "LANG" => Some(lang.to_owned()),
                _ => None,
            })
        };
        assert_eq!(chosen("", "zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(chosen("C", "zh_CN.UTF-8"), Lang::En);
        assert_eq!(chosen("", "en_US.UTF-8"), Lang::En);
    }
}
