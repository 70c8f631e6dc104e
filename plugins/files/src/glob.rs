//! File name patterns: `*` for any characters, `?` for one.

/// Whether a whole name matches a pattern. Takes time linear in name times pattern, whatever the pattern.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at_pattern, mut at_name) = (0, 0);
    // The last star, and how much of the name it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some('*') => {
                star = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => {
                let Some((star_at, covered)) = star else {
                    return false;
                };
                star = Some((star_at, covered + 1));
                at_pattern = star_at + 1;
                at_name = covered + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, name) in [
            ("*", ""),
            ("*", "x.log"),
            ("*.log", "x.log"),
            ("*.log*", "x.log.1"),
            ("a?c", "abc"),
            ("日?*", "日志.log"),
            ("*a*b*c", "xxaxxbxxc"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "x"),
            ("*.log", "x.log.1"),
            ("a?c", "ac"),
            ("*a*b*c", "xxaxxcxxb"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
