//! A database that a newer version wrote.

use std::fs;

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::node::Node;

#[tokio::test]
async fn a_schema_from_the_future_is_refused_and_left_as_it_is() {
    let mut node = Node::start();
    node.tick();
    assert_eq!(node.stop(), Some(0));
    let file = node.data_dir().join("wasmtab.db");
    let mut database = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 1)",
    )
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
    let before = fs::read(&file).unwrap();

    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains("9999") && said.contains("use the version that wrote it, or a newer one"),
        "{said}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);

    let mut database = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("DELETE FROM _sqlx_migrations WHERE version = 9999")
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    node.restart();
    node.runs_on("the version that wrote it goes on");
    node.accounts_for_every_fire();
}
