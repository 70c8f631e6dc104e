//! A database that is damaged: nothing is made of it, and nothing of it is touched.

use std::fs;

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::node::Node;

/// A server that was used a little and has ended. Everything is in the database itself, nothing in the log beside it.
async fn used() -> Node {
    let mut node = Node::start();
    node.tick();
    assert_eq!(node.stop(), Some(0));
    let file = node.data_dir().join("wasmtab.db");
    let mut database = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .expect("it is a database");
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut database)
        .await
        .expect("nobody else has it open");
    database.close().await.expect("it can be closed");
    assert!(!file.with_extension("db-wal").exists());
    node
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let node = Node::stopped();
    let file = node.data_dir().join("wasmtab.db");
    fs::create_dir(node.data_dir()).unwrap();
    fs::write(&file, "a diary, and no database\n".repeat(1_000)).unwrap();
    let before = fs::read(&file).unwrap();
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains("wasmtab.db cannot be read as a wasmtab database") && said.contains("not a database"),
        "{said}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_schema_is_refused_and_left_as_it_is() {
    let node = used().await;
    let file = node.data_dir().join("wasmtab.db");
    let mut bytes = fs::read(&file).unwrap();
    // The first page holds the schema's own table, behind the header of 100 bytes.
    bytes[100..4_096].fill(0xa5);
    fs::write(&file, &bytes).unwrap();
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains("wasmtab.db cannot be read as a wasmtab database"),
        "{said}"
    );
    assert!(said.contains("malformed"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[tokio::test]
async fn a_cut_off_file_is_refused() {
    let node = used().await;
    let file = node.data_dir().join("wasmtab.db");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 4]).unwrap();
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains("wasmtab.db cannot be read as a wasmtab database"),
        "{said}"
    );
}

#[tokio::test]
async fn a_write_ahead_log_of_rubbish_costs_nothing_that_was_checkpointed() {
    let mut node = used().await;
    let log = node.data_dir().join("wasmtab.db-wal");
    fs::write(&log, vec![0x5a; 100_000]).unwrap();
    node.restart();
    node.runs_on("the jobs go on");
    node.accounts_for_every_fire();
}
