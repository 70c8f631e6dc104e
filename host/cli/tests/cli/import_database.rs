//! `wasmtab import --from URL`, against throwaway servers.

use serde_json::Value;
use sqlx::{Connection, MySqlConnection, PgConnection, raw_sql};
use tempfile::TempDir;
use wasmtab_test_databases::{MariaDb, PASSWORD, Postgres};

use crate::support::{Done, wasmtab_in};

const XXL: &str = include_str!("../../../import/tests/data/xxl-job-2.4.mysqldump.sql");
const YUDAO_MYSQL: &str = include_str!("../../../import/tests/data/yudao.mysql.sql");
const YUDAO_POSTGRES: &str = include_str!("../../../import/tests/data/yudao.pg_dump-inserts.sql");

fn wait<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
        .expect("the database takes it")
}

fn mysql(url: &str, statements: &'static str) {
    wait(async {
        let mut connection = MySqlConnection::connect(url).await?;
        raw_sql(statements).execute(&mut connection).await?;
        connection.close().await
    });
}

fn postgres(url: &str, statements: &str) {
    wait(async {
        let mut connection = PgConnection::connect(url).await?;
        raw_sql(sqlx::AssertSqlSafe(statements))
            .execute(&mut connection)
            .await?;
        connection.close().await
    });
}

fn import(system: &str, from: &str, more: &[&str]) -> Done {
    let dir = TempDir::new().expect("a scratch directory");
    let base = [
        "import",
        system,
        "--from",
        from,
        "--timezone",
        "Asia/Shanghai",
        "-o",
        "json",
    ];
    wasmtab_in(dir.path(), &[&base, more].concat(), "")
}

/// What does not depend on where the rows came from.
fn essence(imported: &Value) -> (Value, Value, Value) {
    (
        imported["items"].clone(),
        imported["leftOut"].clone(),
        imported["notes"].clone(),
    )
}

fn from_dump(system: &str, name: &str) -> (Value, Value, Value) {
    let path = format!("{}/../import/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    essence(&import(system, &path, &[]).exits(0).json())
}

#[test]
fn mysql_gives_what_its_dump_gives() {
    let server = MariaDb::start().expect("MariaDB starts");
    mysql(
        &server.url("mysql"),
        "CREATE DATABASE xxl_job DEFAULT CHARACTER SET utf8mb4; CREATE DATABASE yudao DEFAULT CHARACTER SET utf8mb4",
    );
    mysql(&server.url("xxl_job"), XXL);
    mysql(&server.url("yudao"), YUDAO_MYSQL);

    let read = import("xxl-job", &server.url("xxl_job"), &[]).exits(0).json();
    assert_eq!(essence(&read), from_dump("xxl-job", "xxl-job-2.4.mysqldump.sql"));
    let shown = read["from"].as_str().expect("a text");
    assert!(
        shown.starts_with("mysql://wasmtab@127.0.0.1:"),
        "no password: {shown}"
    );
    let read = import("yudao", &server.url("yudao"), &[]).exits(0).json();
    assert_eq!(essence(&read), from_dump("yudao", "yudao.mysql.sql"));

    let other = import("xxl-job", &server.url("yudao"), &["--schema", "xxl_job"])
        .exits(0)
        .json();
    assert_eq!(other["items"].as_array().map(Vec::len), Some(15));
    import("xxl-job", &server.url("yudao"), &[])
        .exits(2)
        .says("the table xxl_job_info is not there");
    let refused = import("yudao", &server.url("nowhere"), &[])
        .exits(2)
        .says("nowhere");
    assert!(!refused.stderr.contains(PASSWORD), "{}", refused.stderr);
}

#[test]
fn postgresql_gives_what_its_dump_gives() {
    let server = Postgres::start().expect("PostgreSQL starts");
    let url = server.url("postgres");
    // Lines for psql, and a role that only the dumped server had.
    let dump: Vec<&str> = YUDAO_POSTGRES
        .lines()
        .filter(|line| !line.starts_with('\\') && !line.contains("OWNER TO") && !line.contains("set_config"))
        .collect();
    postgres(&url, &dump.join("\n"));
    postgres(
        &url,
        "CREATE SCHEMA wasmtab; CREATE TABLE wasmtab.infra_job (id int8, name text, cron_dialect text)",
    );

    let read = import("yudao", &url, &[]).exits(0).json();
    assert_eq!(essence(&read), from_dump("yudao", "yudao.pg_dump-inserts.sql"));
    import("yudao", &url, &["--schema", "wasmtab"])
        .exits(2)
        .says("wasmtab's own");
    import("xxl-job", &url, &[])
        .exits(2)
        .says("the table xxl_job_info is not there");
}

#[test]
fn a_database_that_is_not_there_is_no_usage_error() {
    // Nothing listens on the port of a server that has ended.
    let server = Postgres::start().expect("PostgreSQL starts");
    let url = server.url("postgres");
    drop(server);
    import("yudao", &url, &[]).exits(6).says("cannot be read");
    import("yudao", "mysql://u@127.0.0.1:notaport/d", &[])
        .exits(2)
        .says("--from");
}
