//! Two servers, one directory.

use crate::node::Node;

#[test]
fn a_second_server_on_the_same_directory_says_so_and_leaves_the_first_alone() {
    let node = Node::start();
    node.tick();
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("another wasmtab process"), "{said}");
    assert!(said.contains("wasmtab.db"), "it names the file: {said}");
    node.runs_on("the first goes on");
    node.accounts_for_every_fire();
}

#[test]
fn after_the_first_is_gone_another_takes_over() {
    let mut node = Node::start();
    node.tick();
    node.kill();
    node.restart();
    node.runs_on("the second goes on");
    node.accounts_for_every_fire();
}
