//! Another process holds the database's lock: everything that writes waits.

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    node::Node,
    support::{eventually, plugin},
};

#[tokio::test]
async fn a_database_that_stalls_is_waited_for_and_nothing_is_lost() {
    let node = Node::start();
    node.tick();
    node.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let loops = node.json(&["call", "Loops"])["id"].as_str().unwrap().to_owned();
    eventually("a run that goes on", || {
        (node.json(&["run", "show", &loops])["status"] == "running").then_some(())
    });

    let file = node.data_dir().join("wasmtab.db");
    let mut other = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let triggered = node
        .command(&["job", "trigger", "all", "-o", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    node.says("the database does not answer");
    // What only reads goes on.
    assert_eq!(node.items(&["job", "list"]).len(), 3);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();

    let triggered = triggered.wait_with_output().unwrap();
    assert!(
        triggered.status.success(),
        "who waited is answered: {triggered:?}"
    );
    node.says("the database answers again");
    node.runs_on("the jobs go on");
    assert_eq!(
        node.json(&["run", "show", &loops])["status"],
        "running",
        "what went on meanwhile still does"
    );
    let _ = node.run(&["run", "cancel", &loops]).ok();
    node.accounts_for_every_fire();
}
