//! Directories: what was granted is reached, nothing else, and what was refused is known.

use std::{fs, sync::Arc};

use wasmtab_domain::{
    grant::{Access, DirectoryGrant, Grants},
    status::AttemptStatus,
};
use wasmtab_runtime::{Attempt, AttemptReport};

use crate::{
    guest::Guest,
    support::{SHARED, attempt},
};

/// Opens the path that is its parameter under the first granted directory; writes "Guest" to it if told so. Fails with "Guest" and the errno.
fn opens(writes: bool) -> Vec<u8> {
    let (create, rights) = if writes { (1, 64) } else { (0, 2) };
    let write = "(i32.store (i32.const 2048) (i32.const 512)) (i32.store (i32.const 2052) (i32.const 5))
       (drop (call $write (i32.load (i32.const 2060)) (i32.const 2048) (i32.const 1) (i32.const 2064)))";
    let execute = format!(
        "(local.set $errno (call $open (i32.const 3) (i32.const 1) (global.get $param) (global.get $length) (i32.const {create})
           (i64.const {rights}) (i64.const {rights}) (i32.const 0) (i32.const 2060)))
         (if (result i32) (local.get $errno)
           (then (call $fail (i32.const 512) (i32.const 5)))
           (else {} (call $done (i32.const 0) (i32.const 0))))",
        if writes { write } else { "" }
    );
    Guest {
        imports: r#"(import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))"#,
        execute: &execute,
        ..Guest::default()
    }
    .module()
}

struct Tree {
    root: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("data")).unwrap();
        fs::write(root.path().join("data/inside.txt"), "in").unwrap();
        fs::write(root.path().join("outside.txt"), "out").unwrap();
        std::os::unix::fs::symlink("../outside.txt", root.path().join("data/link")).unwrap();
        Self { root }
    }

    async fn run(&self, writes: bool, access: Access, path: &str) -> AttemptReport {
        let host = self.root.path().join("data").to_string_lossy().into_owned();
        let directories = vec![DirectoryGrant {
            guest: "/data".into(),
            host,
            access,
        }];
        let grants = Arc::new(Grants {
            directories,
            ..Grants::default()
        });
        SHARED
            .run(
                opens(writes),
                Attempt {
                    grants,
                    param: path.into(),
                    ..attempt()
                },
            )
            .await
    }
}

#[tokio::test]
async fn a_granted_directory_is_read_and_written() {
    let tree = Tree::new();
    assert_eq!(
        tree.run(false, Access::Read, "inside.txt").await.status,
        AttemptStatus::Success
    );
    assert_eq!(
        tree.run(true, Access::Write, "new.txt").await.status,
        AttemptStatus::Success
    );
    assert_eq!(
        fs::read_to_string(tree.root.path().join("data/new.txt")).unwrap(),
        "Guest"
    );
}

#[tokio::test]
async fn paths_that_leave_the_directory_are_denied() {
    let tree = Tree::new();
    for path in ["../outside.txt", "link", "x/../../outside.txt"] {
        let report = tree.run(false, Access::Write, path).await;
        assert_ne!(report.status, AttemptStatus::Success, "{path}");
    }
    for path in ["../outside.txt", "link"] {
        let report = tree.run(true, Access::Write, path).await;
        assert_eq!(report.status, AttemptStatus::Denied, "{path}");
        assert!(report.refusals[0].wanted.contains(path), "{:?}", report.refusals);
    }
    assert_eq!(
        fs::read_to_string(tree.root.path().join("outside.txt")).unwrap(),
        "out"
    );
}

#[tokio::test]
async fn writing_needs_more_than_reading() {
    let tree = Tree::new();
    let report = tree.run(true, Access::Read, "inside.txt").await;
    assert_eq!(report.status, AttemptStatus::Denied);
    let grant = format!("dir={}:/data:rw", tree.root.path().join("data").display());
    assert_eq!(report.refusals[0].grant.as_deref(), Some(grant.as_str()));
    assert_eq!(report.refusals[0].wanted, "write /data/inside.txt");
    assert_eq!(
        fs::read_to_string(tree.root.path().join("data/inside.txt")).unwrap(),
        "in"
    );
}

#[tokio::test]
async fn a_file_that_is_not_there_is_a_plain_failure() {
    let report = Tree::new().run(false, Access::Read, "missing.txt").await;
    assert_eq!((report.status, report.refusals), (AttemptStatus::Failure, vec![]));
}
