//! `CREATE TABLE`: the order of the columns, for rows that do not name them.

use super::{DumpError, Reader, lexer::Token};

/// What may stand where a column's name could, and begins a constraint or an index.
const NOT_COLUMNS: [&str; 12] = [
    "PRIMARY",
    "UNIQUE",
    "KEY",
    "INDEX",
    "CONSTRAINT",
    "FOREIGN",
    "CHECK",
    "FULLTEXT",
    "SPATIAL",
    "EXCLUDE",
    "LIKE",
    "PERIOD",
];
/// Words that may stand between CREATE and TABLE.
const MODIFIERS: [&str; 5] = ["TEMPORARY", "TEMP", "UNLOGGED", "GLOBAL", "LOCAL"];

impl Reader<'_> {
    /// After CREATE. Anything that is no definition of a wanted table is passed over.
    pub(super) fn create(&mut self) -> Result<(), DumpError> {
        let before = self.lexer.clone();
        for word in MODIFIERS {
            self.lexer.take_word(word)?;
        }
        let name = if self.lexer.take_word("TABLE")? {
            if self.lexer.take_word("IF")? {
                self.lexer.take_word("NOT")?;
                self.lexer.take_word("EXISTS")?;
            }
            self.name()?
        } else {
            None
        };
        let name = name.filter(|name| self.is_wanted(name));
        let Some(name) = name else {
            self.lexer = before;
            return Ok(());
        };
        if self.lexer.take(b'(')? {
            let columns = self.columns()?;
            self.definitions.insert(name, columns);
        }
        Ok(())
    }

    fn columns(&mut self) -> Result<Vec<String>, DumpError> {
        let mut columns = Vec::new();
        let mut depth = 0_u32;
        let mut begins = true;
        loop {
            let token = self.lexer.next()?;
            if begins {
                match &token {
                    Token::Name(name) => columns.push(name.to_ascii_lowercase()),
                    Token::Word(word)
                        if !NOT_COLUMNS.iter().any(|other| word.eq_ignore_ascii_case(other)) =>
                    {
                        columns.push(word.to_ascii_lowercase());
                    }
                    _ => {}
                }
            }
            begins = false;
            match token {
                Token::Punct(b'(') => depth += 1,
                Token::Punct(b')') if depth == 0 => return Ok(columns),
                Token::Punct(b')') => depth -= 1,
                Token::Punct(b',') if depth == 0 => begins = true,
                Token::End => return Err(self.lexer.error("a table's definition does not end")),
                _ => {}
            }
        }
    }
}
