//! Rows of a foreign table, whether they come out of a dump or a database: cells by column name.

use crate::names::shown;

/// A value as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A literal.
    Text(String),
    /// Something that only the database could work out (`now()`); its text, shortened.
    Expression(String),
    /// Bytes that are no text.
    Binary,
}

/// A table's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// The most rows that are read of a table.
const MOST_ROWS: usize = 1_000_000;

impl Table {
    /// A table without rows. Names of columns are in small letters.
    pub fn new(columns: &[String]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row whose cells belong to `columns`, in their order; columns that the table has not had are new.
    pub fn push(&mut self, columns: &[String], cells: Vec<Cell>) -> Result<(), String> {
        if cells.len() != columns.len() {
            return Err(format!(
                "a row has {} values for {} columns",
                cells.len(),
                columns.len()
            ));
        }
        if self.rows.len() == MOST_ROWS {
            return Err(format!("there are more than {MOST_ROWS} rows"));
        }
        if columns == self.columns {
            self.rows.push(cells);
            return Ok(());
        }
        let mut row = vec![Cell::Null; self.columns.len()];
        for (column, cell) in columns.iter().zip(cells) {
            if let Some(at) = self.columns.iter().position(|known| known == column) {
                row[at] = cell;
            } else {
                self.columns.push(column.clone());
                self.rows.iter_mut().for_each(|row| row.push(Cell::Null));
                row.push(cell);
            }
        }
        self.rows.push(row);
        Ok(())
    }

    /// Whether it has this column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known == column)
    }

    /// The names of its columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Its rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { table: self, cells })
    }

    /// The values of its rows, in the order of its columns.
    pub fn cells(&self) -> impl Iterator<Item = &[Cell]> {
        self.rows.iter().map(Vec::as_slice)
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// One row. Every reading names the column in its error.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a Table,
    cells: &'a [Cell],
}

impl<'a> Row<'a> {
    /// The text of a column; none where it is NULL or the table lacks it.
    pub(crate) fn text(self, column: &str) -> Result<Option<&'a str>, String> {
        let Some(at) = self.table.columns.iter().position(|known| known == column) else {
            return Ok(None);
        };
        match &self.cells[at] {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Expression(text) => Err(format!(
                "{column} is an SQL expression (`{}`), not a value",
                shown(text)
            )),
            Cell::Binary => Err(format!("{column} is not UTF-8 text; dump it as utf8mb4")),
        }
    }

    /// The text of a column without blanks around it; none where nothing is left.
    pub(crate) fn trimmed(self, column: &str) -> Result<Option<&'a str>, String> {
        Ok(self.text(column)?.map(str::trim).filter(|text| !text.is_empty()))
    }

    /// A whole number.
    pub(crate) fn number(self, column: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.trimmed(column)? else {
            return Ok(None);
        };
        // Oracle's exports write numbers with a fraction.
        text.strip_suffix(".0")
            .unwrap_or(text)
            .parse()
            .map(Some)
            .map_err(|_| format!("{column} is `{}`, not a whole number", shown(text)))
    }

    /// A flag, however the database writes it: 1, t, true, a byte with the value 1.
    pub(crate) fn flag(self, column: &str) -> Result<bool, String> {
        match self.text(column)? {
            None | Some("" | "0" | "f" | "F" | "\0" | "N" | "n") => Ok(false),
            Some("1" | "t" | "T" | "\u{1}" | "Y" | "y") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) => Err(format!("{column} is `{}`, not a flag", shown(text))),
        }
    }
}
