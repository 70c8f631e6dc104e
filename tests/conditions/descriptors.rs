//! No file descriptor is left.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use crate::node::Node;

/// How many file descriptors the server has open.
fn open(node: &Node) -> usize {
    fs::read_dir(format!("/proc/{}/fd", node.pid()))
        .expect("it runs")
        .count()
}

fn allow(node: &Node, descriptors: usize) {
    let done = Command::new("prlimit")
        .args([
            "--pid",
            &node.pid().to_string(),
            &format!("--nofile={descriptors}:"),
        ])
        .output()
        .expect("there is a program `prlimit`");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn without_file_descriptors_jobs_go_on_and_connections_wait() {
    let node = Node::start();
    node.tick();
    let address = node.url().strip_prefix("http://").unwrap().to_owned();
    let most = open(&node) + 8;
    allow(&node, most);

    // More than it may take, and far fewer than the kernel lets wait.
    let held: Vec<TcpStream> = (0..64)
        .map(|_| TcpStream::connect(&address).expect("the backlog takes it"))
        .collect();
    node.says("Too many open files");
    // Nobody can be asked, but the log of an earlier time says that fires go on: it is looked at afterwards.
    let mut waits = TcpStream::connect(&address).expect("the backlog takes it");
    waits
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    drop(held);
    let mut answer = String::new();
    waits.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "who waited is answered: {answer}"
    );
    node.runs_on("the jobs go on");
    allow(&node, 4_096);
    node.accounts_for_every_fire();
}
