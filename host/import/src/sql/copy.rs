//! `COPY … FROM stdin`: pg_dump's own form, in PostgreSQL's text format.

use super::{DumpError, Reader, lexer::Token};
use crate::rows::Cell;

impl Reader<'_> {
    /// After COPY, at a statement's begin; whether lines followed. They belong to it whether or not the table is wanted.
    pub(super) fn copy(&mut self) -> Result<bool, DumpError> {
        let before = self.lexer.clone();
        let Some(name) = self.name()? else {
            self.lexer = before;
            return Ok(false);
        };
        let listed = self.column_list()?;
        let is_data = self.lexer.take_word("FROM")? && self.lexer.take_word("STDIN")?;
        if !is_data {
            self.lexer = before;
            return Ok(false);
        }
        while !matches!(self.lexer.next()?, Token::Punct(b';') | Token::End) {}
        // The rest of the statement's line.
        self.lexer.line();
        let columns = if self.is_wanted(&name) {
            Some(match listed {
                Some(columns) => columns,
                None => self.defined(&name)?,
            })
        } else {
            None
        };
        let mut rows = Vec::new();
        loop {
            let Some(line) = self.lexer.line() else {
                return Err(self
                    .lexer
                    .error(format!("the rows of {} do not end in `\\.`", name.table)));
            };
            if line == b"\\." {
                break;
            }
            if columns.is_some() {
                rows.push(line.split(|byte| *byte == b'\t').map(cell).collect());
            }
        }
        if let Some(columns) = columns {
            self.add(&name, &columns, rows)?;
        }
        Ok(true)
    }
}

fn cell(raw: &[u8]) -> Cell {
    if raw == b"\\N" {
        return Cell::Null;
    }
    match String::from_utf8(unescape(raw)) {
        Ok(text) => Cell::Text(text),
        Err(_) => Cell::Binary,
    }
}

fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            text.push(*byte);
            continue;
        }
        let Some((escaped, tail)) = rest.split_first() else {
            text.push(b'\\');
            break;
        };
        rest = tail;
        text.push(match escaped {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'0'..=b'7' => number(*escaped, 8, 2, &mut rest),
            b'x' if rest.first().is_some_and(u8::is_ascii_hexdigit) => number(b'0', 16, 2, &mut rest),
            other => *other,
        });
    }
    text
}

/// A character by its number: `first` and up to `more` digits that follow.
fn number(first: u8, radix: u32, more: usize, rest: &mut &[u8]) -> u8 {
    let mut value = (first as char).to_digit(radix).unwrap_or(0);
    for _ in 0..more {
        let Some(digit) = rest.first().and_then(|byte| (*byte as char).to_digit(radix)) else {
            break;
        };
        value = value * radix + digit;
        *rest = &rest[1..];
    }
    value as u8
}
