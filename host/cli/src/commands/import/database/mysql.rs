//! MySQL and MariaDB.

use std::{collections::BTreeMap, str::FromStr};

use sqlx::{
    AssertSqlSafe, Connection, Error, MySqlConnection, Row,
    mysql::{MySqlConnectOptions, MySqlRow},
};

use super::{super::Tables, Column, choose, quoted};

pub(super) async fn tables(url: &str, wanted: &[&str], schema: Option<&str>) -> Result<Tables, Error> {
    let mut connection = MySqlConnection::connect_with(&MySqlConnectOptions::from_str(url)?).await?;
    let query = "SELECT CAST(table_schema AS CHAR), CAST(table_name AS CHAR), CAST(column_name AS CHAR), \
                 CAST(data_type AS CHAR) FROM information_schema.columns \
                 WHERE table_schema = COALESCE(?, DATABASE()) ORDER BY ordinal_position";
    let columns: Vec<Column> = sqlx::query_as(query)
        .bind(schema)
        .fetch_all(&mut connection)
        .await?;
    let mut tables = BTreeMap::new();
    for (name, found) in choose(columns, wanted, &[]) {
        let quote = |name: &str| quoted(name, '`');
        let query = found.query(quote, |column, kind| match kind {
            // A bit as text is a byte.
            "bit" => format!("CAST({column} + 0 AS CHAR)"),
            _ => format!("CAST({column} AS CHAR CHARACTER SET utf8mb4)"),
        });
        // Only names that the database itself told stand in it, and they are quoted.
        let rows = sqlx::query(AssertSqlSafe(query))
            .fetch_all(&mut connection)
            .await?;
        tables.insert(name, found.table(rows.iter().map(values))?);
    }
    connection.close().await?;
    Ok(tables)
}

fn values(row: &MySqlRow) -> Result<Vec<Option<String>>, Error> {
    (0..row.len()).map(|at| row.try_get(at)).collect()
}
