//! Tables from a database. Nothing is written there; every value comes as the text that the database makes of it, so that its
//! types and releases don't matter.

mod mysql;
mod postgres;

use std::{collections::BTreeMap, fmt, time::Duration};

use sqlx::Error;
use wasmtab_import::{
    rows::{Cell, Table},
    yudao,
};

use super::{
    Tables,
    origin::{DatabaseKind, DatabaseUrl},
};
use crate::exit::{Exit, Failure};

/// A database that has not answered by then is not there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A column in the words of the information schema: schema, table, name, type.
type Column = (String, String, String, String);

/// Reads the tables in `wanted` that are there.
pub(super) async fn tables(
    url: &DatabaseUrl,
    wanted: &[&str],
    schema: Option<&str>,
) -> Result<Tables, Failure> {
    let read = async {
        match url.kind {
            DatabaseKind::MySql => mysql::tables(&url.url, wanted, schema).await,
            DatabaseKind::Postgres => postgres::tables(&url.url, wanted, schema).await,
        }
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(tables)) => Ok(tables),
        Ok(Err(error)) => Err(failed(url, &error)),
        Err(_) => Err(Failure::own(format!(
            "{url} does not answer within {} s",
            PATIENCE.as_secs()
        ))),
    }
}

fn failed(url: &DatabaseUrl, error: &Error) -> Failure {
    match error {
        Error::Configuration(reason) => Failure::usage(format!("--from: {url}: {reason}")),
        // A wrong password, a missing database: the server's words say which.
        Error::Database(reason) => Failure::new(Exit::Usage, format!("--from: {url}: {reason}")),
        other => Failure::own(format!("{url} cannot be read: {other}")),
    }
}

/// A table as it is called there.
struct Found {
    schema: String,
    table: String,
    /// Name and type.
    columns: Vec<(String, String)>,
}

impl Found {
    /// The query for all rows, with each column as `text` casts it.
    fn query(&self, quote: impl Fn(&str) -> String, text: impl Fn(&str, &str) -> String) -> String {
        let columns = self.columns.iter().map(|(name, kind)| text(&quote(name), kind));
        format!(
            "SELECT {} FROM {}.{}",
            columns.collect::<Vec<_>>().join(", "),
            quote(&self.schema),
            quote(&self.table)
        )
    }

    /// The rows as the import reads them.
    fn table(&self, rows: impl Iterator<Item = Result<Vec<Option<String>>, Error>>) -> Result<Table, Error> {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        let mut table = Table::new(&columns);
        for row in rows {
            let cells = row?
                .into_iter()
                .map(|value| value.map_or(Cell::Null, Cell::Text))
                .collect();
            table.push(&columns, cells).map_err(Error::Protocol)?;
        }
        Ok(table)
    }
}

/// The wanted tables, by their names in small letters. Of several schemas, the first in `path` counts that has another table
/// than wasmtab's own.
fn choose(columns: Vec<Column>, wanted: &[&str], path: &[String]) -> BTreeMap<String, Found> {
    let mut tables: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for (schema, table, name, kind) in columns {
        if wanted.contains(&table.to_ascii_lowercase().as_str()) {
            let columns = tables.entry((schema, table)).or_default();
            columns.push((name, kind.to_ascii_lowercase()));
        }
    }
    let rank = |found: &Found| {
        let names: Vec<String> = found.columns.iter().map(|(name, _)| name.clone()).collect();
        let place = path.iter().position(|schema| *schema == found.schema);
        (yudao::is_own(&names), place)
    };
    let mut chosen: BTreeMap<String, Found> = BTreeMap::new();
    for ((schema, table), columns) in tables {
        let key = table.to_ascii_lowercase();
        let found = Found {
            schema,
            table,
            columns,
        };
        if chosen.get(&key).is_none_or(|other| rank(&found) < rank(other)) {
            chosen.insert(key, found);
        }
    }
    chosen
}

fn quoted(name: &str, quote: char) -> String {
    let doubled = name.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}
