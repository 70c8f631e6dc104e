//! What a line of a crontab is.

use super::Kind;

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Blank,
    /// With its `#`.
    Comment(&'a str),
    /// `NAME=value`, for everything below.
    Setting {
        name: String,
        value: String,
    },
    Entry(Entry<'a>),
    Bad(String),
}

/// A schedule and a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// Five fields or a nickname.
    pub(super) schedule: &'a str,
    /// In a system crontab.
    pub(super) user: Option<&'a str>,
    /// As it stands there.
    pub(super) command: &'a str,
}

const BLANKS: [char; 2] = [' ', '\t'];

impl<'a> Line<'a> {
    pub(super) fn read(text: &'a str, kind: Kind) -> Self {
        let text = text.trim_start_matches(BLANKS).trim_end_matches('\r');
        if text.trim().is_empty() {
            return Self::Blank;
        }
        if text.starts_with('#') {
            return Self::Comment(text);
        }
        if let Some((name, value)) = setting(text) {
            return Self::Setting { name, value };
        }
        // cronie: a hyphen before the entry keeps it out of the system's log.
        let text = text.strip_prefix('-').unwrap_or(text);
        let fields = if text.starts_with('@') { 1 } else { 5 };
        let Some((schedule, rest)) = split_fields(text, fields) else {
            return Self::Bad(format!("is neither a setting nor {fields} fields and a command"));
        };
        let (user, command) = match kind {
            Kind::User => (None, rest),
            Kind::System => match split_fields(rest, 1) {
                Some((user, command)) => (Some(user), command),
                None => return Self::Bad("names no command after the user".into()),
            },
        };
        if command.is_empty() {
            return Self::Bad("has no command".into());
        }
        Self::Entry(Entry {
            schedule,
            user,
            command,
        })
    }
}

/// The first `count` fields as one text, and what follows them.
fn split_fields(text: &str, count: usize) -> Option<(&str, &str)> {
    let mut rest = text;
    for _ in 0..count {
        let field = rest.find(BLANKS)?;
        rest = rest[field..].trim_start_matches(BLANKS);
    }
    let fields = text[..text.len() - rest.len()].trim_end_matches(BLANKS);
    Some((fields, rest))
}

/// `NAME=value`; name and value may be quoted, and blanks may stand around the `=`.
fn setting(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let name = unquote(name.trim_matches(BLANKS));
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| (name.to_owned(), unquote(value.trim()).to_owned()))
}

fn unquote(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(schedule: &'a str, user: Option<&'a str>, command: &'a str) -> Line<'a> {
        Line::Entry(Entry {
            schedule,
            user,
            command,
        })
    }

    #[test]
    fn lines_are_told_apart() {
        let user = |text| Line::read(text, Kind::User);
        assert_eq!(user("  \t"), Line::Blank);
        assert_eq!(user(" # note"), Line::Comment("# note"));
        assert_eq!(
            user("\t0 2 * * *\t/bin/backup --full  x"),
            entry("0 2 * * *", None, "/bin/backup --full  x")
        );
        assert_eq!(user("@daily backup"), entry("@daily", None, "backup"));
        assert_eq!(user("-*/5 * * * * quiet"), entry("*/5 * * * *", None, "quiet"));
        assert!(matches!(user("0 2 * * *"), Line::Bad(_)));
        assert!(matches!(user("0 2 * * * "), Line::Bad(_)));
        assert!(matches!(user("@daily"), Line::Bad(_)));
    }

    #[test]
    fn a_system_crontab_names_a_user() {
        assert_eq!(
            Line::read(
                "17 *\t* * *\troot    cd / && run-parts /etc/cron.hourly",
                Kind::System
            ),
            entry("17 *\t* * *", Some("root"), "cd / && run-parts /etc/cron.hourly")
        );
        assert!(matches!(Line::read("0 2 * * * root", Kind::System), Line::Bad(_)));
    }

    #[test]
    fn settings_may_be_quoted_and_spaced() {
        for text in [
            "MAILTO=ops@example.com",
            "MAILTO = \"ops@example.com\"",
            "'MAILTO'='ops@example.com'",
        ] {
            assert_eq!(
                Line::read(text, Kind::User),
                Line::Setting {
                    name: "MAILTO".into(),
                    value: "ops@example.com".into()
                },
                "{text}"
            );
        }
        assert!(matches!(
            Line::read("0 0 * * * A=1 x", Kind::User),
            Line::Entry(_)
        ));
    }
}
