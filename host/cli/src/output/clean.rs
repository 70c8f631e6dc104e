//! Text from elsewhere, made harmless for a terminal.

/// Takes terminal control out of `text`: escape sequences go whole, other control characters one by one, and so do the
/// marks that reorder what follows. Tabs and line ends stay.
pub(crate) fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => rest = skip_escape(rest),
            // The same introducer as ESC [ in one character.
            '\u{9b}' => rest = skip_csi(rest),
            '\t' | '\n' => kept.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => kept.push(c),
        }
    }
    kept
}

/// The same on one line: line ends and tabs become spaces.
pub(crate) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn skip_escape(rest: std::str::Chars<'_>) -> std::str::Chars<'_> {
    let mut after = rest.clone();
    match after.next() {
        Some('[') => skip_csi(after),
        Some(']' | 'P' | '_' | '^' | 'X') => skip_string(after),
        Some(' '..='~') => after,
        _ => rest,
    }
}

/// Parameters, then one final character.
fn skip_csi(mut rest: std::str::Chars<'_>) -> std::str::Chars<'_> {
    loop {
        let before = rest.clone();
        match rest.next() {
            Some('\u{20}'..='\u{3f}') => {}
            Some('\u{40}'..='\u{7e}') => return rest,
            _ => return before,
        }
    }
}

/// A string runs to BEL or to ESC and a backslash; one that never ends takes no more than its line.
fn skip_string(mut rest: std::str::Chars<'_>) -> std::str::Chars<'_> {
    loop {
        let before = rest.clone();
        match rest.next() {
            Some('\u{7}') => return rest,
            Some('\u{1b}') => return rest.as_str().strip_prefix('\\').map_or(before, str::chars),
            Some('\n') | None => return before,
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_is_taken_out() {
        for (text, wanted) in [
            ("\u{1b}[31mred\u{1b}[0m\tend", "red\tend"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("\u{1b}]never ends\nnext", "\nnext"),
            ("a\rb\u{8}c\u{0}", "abc"),
            ("\u{1b}", ""),
            ("\u{1b}c\u{202e}x", "x"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}\u{1b}[2Jx", "x"),
            ("数据备份", "数据备份"),
        ] {
            assert_eq!(clean(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_cell_is_one_line() {
        assert_eq!(line("panicked at x:\n  \u{1b}[1mboom"), "panicked at x: boom");
    }
}
