//! PostgreSQL.

use std::{collections::BTreeMap, str::FromStr};

use sqlx::{
    AssertSqlSafe, Connection, Error, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};

use super::{super::Tables, Column, choose, quoted};

pub(super) async fn tables(url: &str, wanted: &[&str], schema: Option<&str>) -> Result<Tables, Error> {
    let mut connection = PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?;
    let path: Vec<String> = match schema {
        Some(schema) => vec![schema.to_owned()],
        None => {
            sqlx::query_scalar("SELECT unnest(current_schemas(false))::text")
                .fetch_all(&mut connection)
                .await?
        }
    };
    let query = "SELECT table_schema::text, table_name::text, column_name::text, data_type::text \
                 FROM information_schema.columns WHERE table_schema = ANY($1) ORDER BY ordinal_position";
    let columns: Vec<Column> = sqlx::query_as(query)
        .bind(&path)
        .fetch_all(&mut connection)
        .await?;
    let mut tables = BTreeMap::new();
    for (name, found) in choose(columns, wanted, &path) {
        let quote = |name: &str| quoted(name, '"');
        let query = found.query(quote, |column, _| format!("{column}::text"));
        // Only names that the database itself told stand in it, and they are quoted.
        let rows = sqlx::query(AssertSqlSafe(query))
            .fetch_all(&mut connection)
            .await?;
        tables.insert(name, found.table(rows.iter().map(values))?);
    }
    connection.close().await?;
    Ok(tables)
}

fn values(row: &PgRow) -> Result<Vec<Option<String>>, Error> {
    (0..row.len()).map(|at| row.try_get(at)).collect()
}
