//! The disk is full.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::Path,
};

use crate::{mount::Tmpfs, node::Node};

/// Takes what is free on the disk of this directory.
fn fill(directory: &Path) -> std::path::PathBuf {
    let path = directory.join("filler");
    let mut filler = File::create(&path).expect("the disk is not full yet");
    for size in [64 * 1024, 1] {
        let block = vec![0; size];
        loop {
            match filler.write(&block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    path
}

#[test]
fn a_full_disk_is_waited_for_and_nothing_is_lost() {
    let mut node = Node::stopped();
    let _disk = Tmpfs::on(&node.data_dir(), "24m");
    node.restart();
    node.tick();

    let filler = fill(&node.data_dir());
    // The write-ahead log has room that is used again and again; a large value makes it grow.
    let note = "x".repeat(60_000);
    let refused = node.run(&["call", "EchoHandler", "--param", &note]).fails_with(6);
    assert!(refused.stderr.contains("try again"), "{}", refused.stderr);
    node.says("disk is full");
    // What only reads goes on, and so does the process.
    assert!(!node.items(&["job", "list"]).is_empty());

    fs::remove_file(filler).expect("it is ours");
    node.runs_on("the jobs go on");
    let _ = node
        .run(&["call", "EchoHandler", "--param", &note, "--wait"])
        .ok();
    node.accounts_for_every_fire();
}

#[test]
fn a_server_does_not_start_on_a_full_disk_and_says_why() {
    let mut node = Node::stopped();
    let _disk = Tmpfs::on(&node.data_dir(), "24m");
    let filler = fill(&node.data_dir());
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("full") || said.contains("No space left"), "{said}");
    fs::remove_file(filler).expect("it is ours");
    node.restart();
    node.tick();
    node.accounts_for_every_fire();
}
