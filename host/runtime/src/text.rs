//! Text from guests, made harmless.

/// Cuts `text` to at most `bytes` bytes at a character's edge; tells whether it was longer.
pub(crate) fn truncate(text: &mut String, bytes: usize) -> bool {
    if text.len() <= bytes {
        return false;
    }
    text.truncate(text.floor_char_boundary(bytes));
    true
}

/// Takes terminal control out of guest text, where it could overwrite what an operator reads: escape sequences go whole, other control
/// characters one by one. Tabs and line ends stay.
pub(crate) fn strip_control(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => match rest.next_if(|c| matches!(c, '[' | ']' | 'P' | '_' | '^' | 'X')) {
                // CSI: parameters, then one final byte.
                Some('[') => {
                    while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
                    rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
                }
                // OSC and the other strings end with BEL or ST.
                Some(_) => {
                    while let Some(c) = rest.next_if(|c| *c != '\u{7}' && *c != '\u{1b}' && *c != '\n') {
                        let _ = c;
                    }
                    if rest.next_if_eq(&'\u{1b}').is_some() {
                        rest.next_if_eq(&'\\');
                    } else {
                        rest.next_if_eq(&'\u{7}');
                    }
                }
                None => {
                    rest.next_if(|c| ('\u{20}'..='\u{7e}').contains(c));
                }
            },
            '\t' | '\n' => clean.push(c),
            // Bidirectional overrides reorder what follows on a page or a terminal.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let mut text = "aé".to_owned();
        assert!(truncate(&mut text, 2));
        assert_eq!(text, "a");
        assert!(!truncate(&mut text, 1));
    }

    #[test]
    fn terminal_control_is_taken_out() {
        for (text, wanted) in [
            ("\u{1b}[31mred\u{1b}[0m\tend", "red\tend"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("a\rb\u{8}c\u{0}", "abc"),
            ("\u{1b}", ""),
            ("\u{1b}c\u{202e}x", "x"),
            ("\u{9b}31m", "31m"),
        ] {
            assert_eq!(strip_control(text), wanted, "{text:?}");
        }
    }
}
