//! The rows of a few tables out of an SQL dump: `mysqldump`, `pg_dump` (COPY and `--inserts`), and what database tools export.
//!
//! Only strings, comments and parentheses are understood everywhere; statements other than the wanted tables' INSERT, COPY and
//! CREATE TABLE are passed over, whatever they are. That is why no general SQL parser stands here: it would have to know
//! every statement of every database that ever wrote a dump.

mod copy;
mod create;
mod insert;
mod lexer;
mod value;

use std::{collections::BTreeMap, fmt};

use self::lexer::{Lexer, Token};
use crate::{
    names::shown,
    rows::{Cell, Table},
    yudao,
};

/// The largest dump that is read: 512 MiB. It is read as a whole.
pub const MAX_DUMP: usize = 512 * 1024 * 1024;

/// Bytes of a dump that tell its dialect: the first table's definition or rows lie within.
const TELLING: usize = 1024 * 1024;

/// Why a dump cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpError {
    /// Where, counted from 1; none where it concerns the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, as a sentence.
    pub reason: String,
}

impl DumpError {
    fn whole(reason: impl Into<String>) -> Self {
        Self {
            line: None,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for DumpError {}

/// How strings and names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Backslash escapes; names in backticks.
    MySql,
    /// Backslash escapes in `E'…'` alone; names in double quotes; COPY.
    Postgres,
    /// No backslash escapes; names in brackets.
    SqlServer,
}

impl Dialect {
    /// Told from what only one of them writes.
    fn of(dump: &[u8]) -> Self {
        let head = &dump[..dump.len().min(TELLING)];
        let has = |text: &str| find(head, text.as_bytes());
        if [
            "INTO `",
            "TABLE `",
            "EXISTS `",
            "ENGINE=",
            "ENGINE =",
            "-- MySQL dump",
            "-- MariaDB dump",
        ]
        .into_iter()
        .any(has)
        {
            Self::MySql
        } else if ["[dbo].", "IDENTITY_INSERT ["].into_iter().any(has) {
            Self::SqlServer
        } else {
            Self::Postgres
        }
    }
}

/// Reads the tables in `wanted` that the dump has rows or a definition of. Where several schemas have the same table, `schema`
/// must choose.
pub fn read(
    dump: &[u8],
    wanted: &[&str],
    schema: Option<&str>,
) -> Result<BTreeMap<String, Table>, DumpError> {
    let text = text_of(dump)?;
    let mut reader = Reader {
        lexer: Lexer::new(&text, Dialect::of(&text)),
        wanted,
        current: None,
        definitions: BTreeMap::new(),
        tables: BTreeMap::new(),
    };
    reader.run()?;
    choose(reader, schema)
}

/// A table of a schema; the schema is empty where the dump does not tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    schema: String,
    table: String,
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    wanted: &'a [&'a str],
    /// The schema that names without one belong to: what USE or search_path said last.
    current: Option<String>,
    /// The columns in their order.
    definitions: BTreeMap<Name, Vec<String>>,
    tables: BTreeMap<Name, Table>,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), DumpError> {
        let mut begins = true;
        loop {
            let token = self.lexer.next()?;
            let word = match &token {
                Token::End => return Ok(()),
                Token::Word(word) => word.to_ascii_uppercase(),
                _ => String::new(),
            };
            let copied = match word.as_str() {
                "COPY" if begins && self.lexer.dialect() == Dialect::Postgres => self.copy()?,
                _ => false,
            };
            match word.as_str() {
                "CREATE" => self.create()?,
                "INSERT" | "REPLACE" => self.insert()?,
                "USE" if begins => self.use_schema()?,
                "SET" if begins => self.set()?,
                _ => {}
            }
            // A command of psql (`\connect`) takes its line.
            let command = begins && token == Token::Punct(b'\\');
            if command {
                self.lexer.line();
            }
            // T-SQL ends a batch with GO, and its statements with nothing at all.
            begins = copied || command || token == Token::Punct(b';') || word == "GO";
        }
    }

    fn use_schema(&mut self) -> Result<(), DumpError> {
        if let Token::Word(name) | Token::Name(name) = self.lexer.next()? {
            self.current = Some(name);
        }
        Ok(())
    }

    /// `SET search_path = public, pg_catalog`, as older releases of pg_dump write it.
    fn set(&mut self) -> Result<(), DumpError> {
        let mut ahead = self.lexer.clone();
        let is_path = matches!(ahead.next()?, Token::Word(word) if word.eq_ignore_ascii_case("search_path"));
        let says = match ahead.next()? {
            Token::Punct(b'=') => true,
            Token::Word(word) => word.eq_ignore_ascii_case("to"),
            _ => false,
        };
        if is_path
            && says
            && let Token::Word(name) | Token::Name(name) = ahead.next()?
        {
            self.current = Some(name);
            self.lexer = ahead;
        }
        Ok(())
    }

    /// A name with or without a schema (and a database) before it.
    fn name(&mut self) -> Result<Option<Name>, DumpError> {
        let mut parts = Vec::new();
        loop {
            match self.lexer.next()? {
                Token::Word(part) | Token::Name(part) => parts.push(part),
                _ => return Ok(None),
            }
            if !self.lexer.take(b'.')? {
                break;
            }
        }
        let table = parts.pop().unwrap_or_default();
        let schema = parts.pop().or_else(|| self.current.clone()).unwrap_or_default();
        Ok(Some(Name { schema, table }))
    }

    fn is_wanted(&self, name: &Name) -> bool {
        self.wanted
            .iter()
            .any(|wanted| name.table.eq_ignore_ascii_case(wanted))
    }

    fn add(&mut self, name: &Name, columns: &[String], rows: Vec<Vec<Cell>>) -> Result<(), DumpError> {
        let all = self.definitions.get(name).map_or(columns, Vec::as_slice);
        let table = self.tables.entry(name.clone()).or_insert_with(|| Table::new(all));
        rows.into_iter()
            .try_for_each(|row| table.push(columns, row))
            .map_err(|reason| self.lexer.error(reason))
    }

    /// The columns of a statement that names none.
    fn defined(&self, name: &Name) -> Result<Vec<String>, DumpError> {
        self.definitions.get(name).cloned().ok_or_else(|| {
            self.lexer.error(format!(
                "the rows of {} name no columns, and the dump has no CREATE TABLE of it before them; dump with the table's \
                 definition, or with column names (mysqldump --complete-insert, pg_dump --column-inserts)",
                name.table
            ))
        })
    }
}

/// The tables of the one schema that has them.
fn choose(reader: Reader<'_>, schema: Option<&str>) -> Result<BTreeMap<String, Table>, DumpError> {
    let Reader {
        definitions,
        mut tables,
        ..
    } = reader;
    // A table without rows is there all the same.
    for (name, columns) in definitions {
        tables.entry(name).or_insert_with(|| Table::new(&columns));
    }
    let mut chosen: BTreeMap<String, (String, Table)> = BTreeMap::new();
    for (name, table) in tables {
        if schema.is_some_and(|schema| schema != name.schema && !name.schema.is_empty()) {
            continue;
        }
        let key = name.table.to_ascii_lowercase();
        if let Some((other, first)) = chosen.get(&key) {
            if yudao::is_own(table.columns()) {
                continue;
            }
            if yudao::is_own(first.columns()) {
                chosen.insert(key, (name.schema, table));
                continue;
            }
            return Err(DumpError::whole(format!(
                "{} is there in {} and in {}: --schema says which",
                name.table,
                named(other),
                named(&name.schema)
            )));
        }
        chosen.insert(key, (name.schema, table));
    }
    Ok(chosen.into_iter().map(|(key, (_, table))| (key, table)).collect())
}

fn named(schema: &str) -> String {
    if schema.is_empty() {
        "no named schema".into()
    } else {
        format!("schema `{}`", shown(schema))
    }
}

/// The dump as bytes of UTF-8, but for binary columns: what PowerShell redirects is UTF-16.
fn text_of(dump: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, DumpError> {
    use std::borrow::Cow;
    if dump.len() > MAX_DUMP {
        return Err(DumpError::whole(format!(
            "is larger than {} MiB; dump the tables of the jobs alone",
            MAX_DUMP >> 20
        )));
    }
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units)
            .map(|text| Cow::Owned(text.into_bytes()))
            .map_err(|_| DumpError::whole("begins as UTF-16 and is not"))
    };
    match dump {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(Cow::Borrowed(rest)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'P', b'G', b'D', b'M', b'P', ..] => Err(DumpError::whole(
            "is an archive of pg_dump: `pg_restore --file=dump.sql ARCHIVE` makes SQL of it",
        )),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'B', b'Z', b'h', ..] => {
            Err(DumpError::whole("is compressed; unpack it first"))
        }
        _ => Ok(Cow::Borrowed(dump)),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window.eq_ignore_ascii_case(needle))
}
