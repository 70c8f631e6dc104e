//! Names that `apply` takes and that stay unique.

use std::collections::BTreeSet;

use wasmtab_domain::limits::NAME_BYTES;

use crate::outcome::Finding;

/// Bytes of a foreign text that a sentence repeats.
const SHOWN: usize = 120;

/// The names that are taken.
#[derive(Debug)]
pub(crate) struct Names {
    prefix: String,
    taken: BTreeSet<String>,
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            taken: BTreeSet::new(),
        }
    }

    /// A name for what was called `raw`; one that is there already bears its `mark` (an id, a line) too, so that the same
    /// dump always gives the same names.
    pub(crate) fn take(&mut self, raw: &str, mark: &str, findings: &mut Vec<Finding>) -> String {
        let wanted = format!("{}{}", self.prefix, clean(raw));
        let wanted = wanted.trim();
        let mut name = cut(wanted, NAME_BYTES).trim_end().to_owned();
        if name.len() < wanted.len() {
            findings.push(Finding::note(
                "name",
                format!("shortened: a name has at most {NAME_BYTES} bytes"),
            ));
        }
        let mut suffix = format!(" #{mark}");
        while self.taken.contains(&name) {
            let room = cut(wanted, NAME_BYTES.saturating_sub(suffix.len()));
            name = format!("{}{suffix}", room.trim_end());
            suffix.push('+');
        }
        if name.contains(&format!(" #{mark}")) && !wanted.contains(&format!(" #{mark}")) {
            findings.push(Finding::note(
                "name",
                format!("another job is called `{wanted}`, so this one bears its number"),
            ));
        }
        self.taken.insert(name.clone());
        name
    }
}

/// One line without control characters, and without blanks around it.
pub(crate) fn clean(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.trim().to_owned()
}

/// Somebody else's text within a sentence: one line, cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let clean = clean(text);
    match cut(&clean, SHOWN) {
        all if all.len() == clean.len() => clean,
        beginning => format!("{beginning}…"),
    }
}

/// The longest beginning of at most `bytes` bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_unique_and_within_their_bounds() {
        let mut names = Names::new("");
        let mut findings = Vec::new();
        assert_eq!(names.take(" 每日备份\n", "3", &mut findings), "每日备份");
        assert_eq!(findings, []);
        assert_eq!(names.take("每日备份", "7", &mut findings), "每日备份 #7");
        assert_eq!(names.take("每日备份", "7", &mut findings), "每日备份 #7+");
        assert_eq!(findings.len(), 2);

        let long = "报".repeat(100);
        let first = names.take(&long, "8", &mut findings);
        let second = names.take(&long, "9", &mut findings);
        assert_eq!(first.len(), 255);
        assert!(second.len() <= NAME_BYTES && second.ends_with(" #9"), "{second}");
    }

    #[test]
    fn a_prefix_stands_before_every_name() {
        let mut names = Names::new("old/");
        assert_eq!(names.take("a", "1", &mut Vec::new()), "old/a");
        assert_eq!(names.take("a", "2", &mut Vec::new()), "old/a #2");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("报表", 5), "报");
        assert_eq!(cut("ab", 5), "ab");
    }
}
