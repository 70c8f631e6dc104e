//! Tokens of SQL, as far as dumps need them.

use super::{Dialect, DumpError};

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, a bare name, or a number.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A string, with its escapes undone.
    Text(Vec<u8>),
    /// Any other character.
    Punct(u8),
    End,
}

/// Reads one token after another.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    dialect: Dialect,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a [u8], dialect: Dialect) -> Self {
        Self {
            source,
            at: 0,
            dialect,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// An error at the present place.
    pub(super) fn error(&self, reason: impl Into<String>) -> DumpError {
        self.error_at(self.at, reason)
    }

    pub(super) fn next(&mut self) -> Result<Token, DumpError> {
        self.skip_blanks()?;
        let Some(&byte) = self.source.get(self.at) else {
            return Ok(Token::End);
        };
        match (byte, self.dialect) {
            (b'\'', dialect) => self.string(b'\'', dialect == Dialect::MySql).map(Token::Text),
            (b'"', Dialect::MySql) => self.string(b'"', true).map(Token::Text),
            (b'"', _) => self.quoted_name(b'"'),
            (b'`', Dialect::MySql) => self.quoted_name(b'`'),
            (b'[', Dialect::SqlServer) => self.quoted_name(b']'),
            (b'$', Dialect::Postgres) => self.dollar(),
            _ if is_word(byte) => self.word(),
            _ => {
                self.at += 1;
                Ok(Token::Punct(byte))
            }
        }
    }

    /// Takes this character if it comes next.
    pub(super) fn take(&mut self, punct: u8) -> Result<bool, DumpError> {
        self.skip_blanks()?;
        let is_there = self.source.get(self.at) == Some(&punct);
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    /// Takes this keyword if it comes next.
    pub(super) fn take_word(&mut self, word: &str) -> Result<bool, DumpError> {
        let mut ahead = self.clone();
        let is_there = matches!(ahead.next()?, Token::Word(found) if found.eq_ignore_ascii_case(word));
        if is_there {
            *self = ahead;
        }
        Ok(is_there)
    }

    /// The rest of the line, and goes to the next one; none at the end.
    pub(super) fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.source.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.at += (length + 1).min(rest.len());
        let line = &rest[..length];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn error_at(&self, at: usize, reason: impl Into<String>) -> DumpError {
        let before = &self.source[..at.min(self.source.len())];
        DumpError {
            line: Some(before.split(|byte| *byte == b'\n').count()),
            reason: reason.into(),
        }
    }

    /// Blanks and comments.
    fn skip_blanks(&mut self) -> Result<(), DumpError> {
        loop {
            match &self.source[self.at..] {
                [blank, ..] if blank.is_ascii_whitespace() || *blank == 0x0b => self.at += 1,
                // To MySQL, `--` without a blank is twice a minus.
                [b'-', b'-', rest @ ..]
                    if self.dialect != Dialect::MySql
                        || rest
                            .first()
                            .is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'-') =>
                {
                    self.line();
                }
                [b'#', ..] if self.dialect == Dialect::MySql => {
                    self.line();
                }
                [b'/', b'*', ..] => self.block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// `/* … */`; PostgreSQL and SQL Server nest them. What MySQL runs out of them (`/*!40101 … */`) holds no rows.
    fn block_comment(&mut self) -> Result<(), DumpError> {
        let begin = self.at;
        let mut depth = 0;
        loop {
            match &self.source[self.at..] {
                [b'/', b'*', ..] if depth == 0 || self.dialect != Dialect::MySql => {
                    depth += 1;
                    self.at += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                [_, ..] => self.at += 1,
                [] => return Err(self.error_at(begin, "a comment that begins here never ends")),
            }
        }
    }

    fn string(&mut self, quote: u8, escapes: bool) -> Result<Vec<u8>, DumpError> {
        let begin = self.at;
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match &self.source[self.at..] {
                [b'\\', escaped, ..] if escapes => {
                    self.at += 2;
                    self.escape(*escaped, &mut text);
                }
                [one, two, ..] if *one == quote && *two == quote => {
                    text.push(quote);
                    self.at += 2;
                }
                [byte, ..] if *byte == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                [byte, ..] => {
                    text.push(*byte);
                    self.at += 1;
                }
                [] => return Err(self.error_at(begin, "a string that begins here never ends")),
            }
        }
    }

    /// What a backslash and this character stand for.
    fn escape(&self, escaped: u8, text: &mut Vec<u8>) {
        let byte = match escaped {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'0' => 0,
            b'Z' if self.dialect == Dialect::MySql => 26,
            b'f' if self.dialect == Dialect::Postgres => 12,
            // Patterns keep their backslash.
            b'%' | b'_' if self.dialect == Dialect::MySql => {
                text.push(b'\\');
                escaped
            }
            other => other,
        };
        text.push(byte);
    }

    fn quoted_name(&mut self, end: u8) -> Result<Token, DumpError> {
        let name = self.string(end, false)?;
        Ok(Token::Name(String::from_utf8_lossy(&name).into_owned()))
    }

    /// `$tag$ … $tag$`, or a parameter.
    fn dollar(&mut self) -> Result<Token, DumpError> {
        let begin = self.at;
        let rest = &self.source[begin + 1..];
        let length = rest
            .iter()
            .take_while(|byte| is_word(**byte) && **byte != b'$')
            .count();
        if rest.get(length) != Some(&b'$') {
            self.at += 1;
            return Ok(Token::Punct(b'$'));
        }
        let tag = &self.source[begin..begin + length + 2];
        let body = begin + tag.len();
        match self.source[body..]
            .windows(tag.len())
            .position(|window| window == tag)
        {
            Some(end) => {
                self.at = body + end + tag.len();
                Ok(Token::Text(self.source[body..body + end].to_vec()))
            }
            None => Err(self.error_at(begin, "a quotation in dollars that begins here never ends")),
        }
    }

    fn word(&mut self) -> Result<Token, DumpError> {
        let rest = &self.source[self.at..];
        let length = rest.iter().take_while(|byte| is_word(**byte)).count();
        let word = String::from_utf8_lossy(&rest[..length]).into_owned();
        let quoted = rest.get(length) == Some(&b'\'');
        self.at += length;
        match word.as_str() {
            "N" | "n" if quoted => self
                .string(b'\'', self.dialect == Dialect::MySql)
                .map(Token::Text),
            "E" | "e" if quoted => self.string(b'\'', true).map(Token::Text),
            "B" | "b" if quoted => Ok(Token::Word(bits(&self.string(b'\'', false)?))),
            "X" | "x" if quoted => Ok(Token::Text(hex(&self.string(b'\'', false)?))),
            _ => match word.strip_prefix("0x") {
                Some(digits) => Ok(Token::Text(hex(digits.as_bytes()))),
                None => Ok(Token::Word(word)),
            },
        }
    }
}

/// Letters of every language, digits, and what names and numbers hold besides.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}

/// The number that bits stand for: flags are one bit wide.
fn bits(digits: &[u8]) -> String {
    digits
        .iter()
        .fold(0_u64, |number, digit| number << 1 | u64::from(*digit == b'1'))
        .to_string()
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let nibble = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    digits
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[high, low]| nibble(*high) << 4 | nibble(*low))
        .collect()
}
