//! A directory in which nothing can be written. The tests may run as root, whom permissions do not hold: the file system is mounted
//! read-only where that is so.

use crate::{mount::Tmpfs, node::Node};

#[test]
fn a_read_only_directory_is_refused_and_a_writable_one_serves_again() {
    let mut node = Node::stopped();
    let disk = Tmpfs::on(&node.data_dir(), "64m");
    node.restart();
    node.tick();
    assert_eq!(node.stop(), Some(0));

    disk.remount("ro");
    let (code, said) = node.refusal();
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains(&node.data_dir().display().to_string()) && said.contains("Read-only file system"),
        "{said}"
    );

    disk.remount("rw");
    node.restart();
    node.runs_on("the jobs go on");
    node.accounts_for_every_fire();
}
