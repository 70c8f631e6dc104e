//! Migrations come in pairs: the same versions and names, which make the same tables and columns.

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use sqlx::{ConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use wasmtab_store_sqlite::SqliteStore;

/// Of each table its columns, of each column its type and whether it must have a value.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

fn files(database: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(database);
    let entries = fs::read_dir(folder).expect("migrations");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .collect();
    names.sort();
    names
}

async fn on_sqlite() -> Tables {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("wasmtab.db");
    drop(SqliteStore::open(&file).await.expect("an empty database opens"));
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .expect("it opens again");
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT tables.name, columns.name, columns.type, columns.\"notnull\" OR columns.pk > 0
        FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the schema is read");
    tables(rows)
}

async fn on_postgres() -> Tables {
    let schema = support::fresh_schema();
    drop(support::open(&schema).await);
    let options: PgConnectOptions = support::url().parse().expect("a URL");
    let mut connection = options.connect().await.expect("the server answers");
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO' FROM information_schema.columns
        WHERE table_schema = $1 AND table_name NOT LIKE '\\_sqlx\\_%'",
    )
    .bind(schema.as_str())
    .fetch_all(&mut connection)
    .await
    .expect("the schema is read");
    tables(rows)
}

fn tables(rows: Vec<(String, String, String, bool)>) -> Tables {
    let mut tables = Tables::new();
    for (table, column, kind, required) in rows {
        tables.entry(table).or_default().insert(column, (kind, required));
    }
    tables
}

/// The types of PostgreSQL that a type of SQLite may be.
fn counterparts(kind: &str) -> &'static [&'static str] {
    match kind {
        "INTEGER" => &["bigint", "boolean", "timestamp with time zone"],
        "TEXT" => &["text", "jsonb"],
        "BLOB" => &["bytea"],
        _ => &[],
    }
}

#[test]
fn both_have_the_same_versions() {
    assert!(!files("sqlite").is_empty());
    assert_eq!(files("sqlite"), files("postgres"));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_make_the_same_tables_and_columns() {
    let (sqlite, postgres) = (on_sqlite().await, on_postgres().await);
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sqlite), names(&postgres));
    for (table, columns) in &sqlite {
        let others = &postgres[table];
        let names = |columns: &BTreeMap<String, _>| columns.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(columns), names(others), "{table}");
        for (column, (kind, required)) in columns {
            let (other, required_there) = &others[column];
            assert!(
                counterparts(kind).contains(&other.as_str()),
                "{table}.{column} is {kind} here and {other} there"
            );
            assert_eq!(required, required_there, "{table}.{column}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_instant_is_one_to_postgres() {
    for (table, columns) in on_postgres().await {
        for (column, (kind, _)) in columns {
            let instant = ["_at", "_until", "_time", "_from"]
                .iter()
                .any(|end| column.ends_with(end));
            assert_eq!(
                kind == "timestamp with time zone",
                instant || ["at", "since", "until"].contains(&column.as_str()),
                "{table}.{column} is {kind}"
            );
        }
    }
}
