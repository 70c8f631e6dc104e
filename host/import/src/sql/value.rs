//! One value of a row: a literal, or an expression that only a database could work out.

use super::{
    DumpError,
    lexer::{Lexer, Token},
};
use crate::rows::Cell;

/// Tokens of an expression that are kept for a message.
const SHOWN: usize = 8;

/// Reads up to the comma or parenthesis that ends the value, and leaves it there.
pub(super) fn read(lexer: &mut Lexer<'_>) -> Result<Cell, DumpError> {
    let mut tokens = Vec::new();
    let mut depth = 0_u32;
    loop {
        let mut ahead = lexer.clone();
        let token = ahead.next()?;
        match token {
            Token::Punct(b',' | b')') if depth == 0 => return Ok(cell(&tokens)),
            Token::End => return Err(lexer.error("the rows end within a value")),
            Token::Punct(b'(') => depth += 1,
            Token::Punct(b')') => depth -= 1,
            _ => {}
        }
        tokens.push(token);
        *lexer = ahead;
    }
}

fn cell(tokens: &[Token]) -> Cell {
    // A cast (`'x'::text`) changes nothing of what was written.
    let cast = tokens
        .windows(2)
        .position(|pair| *pair == [Token::Punct(b':'), Token::Punct(b':')]);
    let tokens = &tokens[..cast.unwrap_or(tokens.len())];
    match tokens {
        [Token::Word(word)] if word.eq_ignore_ascii_case("null") => Cell::Null,
        [Token::Word(word)] if is_literal(word) => Cell::Text(word.clone()),
        [Token::Word(whole), Token::Punct(b'.'), Token::Word(rest)] if is_number(whole) => {
            Cell::Text(format!("{whole}.{rest}"))
        }
        [Token::Punct(sign @ (b'-' | b'+')), Token::Word(word)] if is_number(word) => {
            Cell::Text(if *sign == b'-' {
                format!("-{word}")
            } else {
                word.clone()
            })
        }
        // `_binary 'x'`: a character set before a string.
        [Token::Word(set), strings @ ..] if set.starts_with('_') => text(strings),
        strings => text(strings),
    }
}

/// Strings that follow one another are one string.
fn text(tokens: &[Token]) -> Cell {
    let mut bytes = Vec::new();
    for token in tokens {
        match token {
            Token::Text(part) => bytes.extend_from_slice(part),
            _ => return Cell::Expression(shown(tokens)),
        }
    }
    if tokens.is_empty() {
        return Cell::Expression(String::new());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cell::Text(text),
        Err(_) => Cell::Binary,
    }
}

fn is_literal(word: &str) -> bool {
    is_number(word) || word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false")
}

fn is_number(word: &str) -> bool {
    word.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

fn shown(tokens: &[Token]) -> String {
    let mut shown = String::new();
    for token in tokens.iter().take(SHOWN) {
        match token {
            Token::Word(word) => shown.push_str(word),
            Token::Name(name) => shown.push_str(name),
            Token::Text(text) => {
                shown.push('\'');
                shown.push_str(&String::from_utf8_lossy(text));
                shown.push('\'');
            }
            Token::Punct(byte) => shown.push(*byte as char),
            Token::End => {}
        }
    }
    if tokens.len() > SHOWN {
        shown.push('…');
    }
    shown
}
