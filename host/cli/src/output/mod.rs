//! What goes to standard output, in the format that was asked for, and what goes beside it to people alone.

pub(crate) mod cell;
pub(crate) mod clean;
pub(crate) mod table;
pub(crate) mod yaml;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::exit::Failure;

/// The shape of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// The API's own JSON.
    Json,
    /// The API's own JSON, one item a line.
    Ndjson,
}

/// Where a command writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The shape.
    pub(crate) format: Format,
}

impl Output {
    /// Whether a person reads.
    pub(crate) fn is_table(self) -> bool {
        self.format == Format::Table
    }

    /// One thing, as it is or as `table` shows it.
    pub(crate) fn one(self, value: &Value, table: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        match self.format {
            Format::Table => write(&table(value)),
            Format::Json => write(&format!("{value:#}\n")),
            Format::Ndjson => write(&format!("{value}\n")),
        }
    }

    /// A list (`{"items": […]}`), as it is or as `table` shows its items.
    pub(crate) fn list(self, list: &Value, table: impl FnOnce(&[Value]) -> String) -> Result<(), Failure> {
        self.many(list, "items", table)
    }

    /// An object whose member `name` holds what the lines are of.
    pub(crate) fn many(
        self,
        object: &Value,
        name: &str,
        table: impl FnOnce(&[Value]) -> String,
    ) -> Result<(), Failure> {
        let items = object
            .get(name)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        match self.format {
            Format::Table => write(&table(items)),
            Format::Json => write(&format!("{object:#}\n")),
            Format::Ndjson => items.iter().try_for_each(|item| write(&format!("{item}\n"))),
        }
    }

    /// A sentence for people; programs read the exit code.
    pub(crate) fn say(self, sentence: &str) -> Result<(), Failure> {
        if self.is_table() {
            write(&format!("{}\n", clean::clean(sentence)))?;
        }
        Ok(())
    }
}

/// Writes to standard output. A reader that has gone (`| head`) is the end, not an error.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    write_bytes(text.as_bytes())
}

/// The same for what need not be text.
pub(crate) fn write_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::reader_gone()),
        Err(error) => Err(Failure::own(format!(
            "standard output cannot be written: {error}"
        ))),
    }
}

/// A warning, on standard error.
pub(crate) fn warn(text: &str) {
    // There is no better place to report that standard error is closed.
    let _ = writeln!(io::stderr(), "warning: {}", clean::line(text));
}

/// Text for the person who is asked about it, on standard error.
pub(crate) fn aside(text: &str) {
    // There is no better place to report that standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// What is going on, on standard error and on a terminal only.
pub(crate) fn progress(text: &str) {
    let mut err = io::stderr();
    if err.is_terminal() {
        let _ = writeln!(err, "{}", clean::line(text));
    }
}
