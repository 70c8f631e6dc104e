//! `INSERT INTO … VALUES (…), (…)`, and MySQL's `REPLACE INTO`.

use super::{DumpError, Name, Reader, lexer::Token, value};

/// Words that may stand between INSERT and the table.
const MODIFIERS: [&str; 5] = ["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"];

impl Reader<'_> {
    /// After INSERT or REPLACE. Anything that is no insertion of rows into a wanted table is passed over.
    pub(super) fn insert(&mut self) -> Result<(), DumpError> {
        let before = self.lexer.clone();
        let mut modified = false;
        while let Some(modifier) = self.modifier()? {
            modified |= modifier == "INTO";
        }
        let name = if modified { self.name()? } else { None };
        let Some(name) = name.filter(|name| self.is_wanted(name)) else {
            self.lexer = before;
            return Ok(());
        };
        let listed = self.column_list()?;
        // PostgreSQL's `OVERRIDING SYSTEM VALUE`.
        if self.lexer.take_word("OVERRIDING")? {
            self.lexer.next()?;
            self.lexer.next()?;
        }
        if !self.lexer.take_word("VALUES")? && !self.lexer.take_word("VALUE")? {
            // INSERT … SELECT, INSERT … SET: there are no rows to read.
            return Ok(());
        }
        let columns = match listed {
            Some(columns) => columns,
            None => self.defined(&name)?,
        };
        self.rows(&name, &columns)
    }

    /// `(a, b, c)`, if it comes next; a query in parentheses is none.
    pub(super) fn column_list(&mut self) -> Result<Option<Vec<String>>, DumpError> {
        let before = self.lexer.clone();
        if !self.lexer.take(b'(')? {
            return Ok(None);
        }
        let mut columns = Vec::new();
        while let Token::Word(name) | Token::Name(name) = self.lexer.next()? {
            columns.push(name.to_ascii_lowercase());
            match self.lexer.next()? {
                Token::Punct(b',') => {}
                Token::Punct(b')') => return Ok(Some(columns)),
                _ => break,
            }
        }
        self.lexer = before;
        Ok(None)
    }

    fn modifier(&mut self) -> Result<Option<&'static str>, DumpError> {
        for word in MODIFIERS {
            if self.lexer.take_word(word)? {
                return Ok(Some(word));
            }
        }
        Ok(None)
    }

    fn rows(&mut self, name: &Name, columns: &[String]) -> Result<(), DumpError> {
        let mut rows = Vec::new();
        loop {
            if !self.lexer.take(b'(')? {
                return Err(self.lexer.error(format!("a row of {} is missing", name.table)));
            }
            let mut row = Vec::with_capacity(columns.len());
            loop {
                row.push(value::read(&mut self.lexer)?);
                match self.lexer.next()? {
                    Token::Punct(b',') => {}
                    _ => break,
                }
            }
            rows.push(row);
            if !self.lexer.take(b',')? {
                return self.add(name, columns, rows);
            }
        }
    }
}
