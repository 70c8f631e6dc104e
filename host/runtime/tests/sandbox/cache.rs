//! Compiled code is kept, and only used when it is whole.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtab_domain::{digest::Digest, status::AttemptStatus};
use wasmtab_runtime::{Control, LoadError, Runtime, RuntimeConfig, Source};

use crate::{
    guest::execute,
    support::{Fixture, attempt},
};

/// Counts how often the original was asked for.
struct Counted {
    original: Bytes,
    asked: AtomicUsize,
}

#[async_trait]
impl Source for Counted {
    async fn original(&self, _: &Digest) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.original.clone())
    }
}

fn counted() -> (Counted, Digest) {
    let original = Bytes::from(execute("(call $done (i32.const 512) (i32.const 5))"));
    let digest = wasmtab_runtime::digest(&original);
    (
        Counted {
            original,
            asked: AtomicUsize::new(0),
        },
        digest,
    )
}

async fn runs(runtime: &Runtime, digest: &Digest, source: &Counted) {
    let handler = runtime.load(digest, source).await.unwrap();
    let report = runtime.run(&handler, attempt(), &Control::new()).await;
    assert_eq!(report.status, AttemptStatus::Success);
}

/// Another runtime on the same directory, as after a restart.
fn restarted(fixture: &Fixture) -> Runtime {
    let config = fixture.runtime.config();
    let mut again = RuntimeConfig::new(&config.cache_dir, Vec::new(), config.clock.clone());
    again.max_concurrency = 1;
    Runtime::new(again).unwrap()
}

#[tokio::test]
async fn what_was_compiled_once_is_not_compiled_again() {
    let fixture = Fixture::new();
    let (source, digest) = counted();
    runs(&fixture.runtime, &digest, &source).await;
    fixture.runtime.forget(&digest);
    runs(&fixture.runtime, &digest, &source).await;
    runs(&restarted(&fixture), &digest, &source).await;
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn damaged_code_is_compiled_again() {
    for damage in [b"".as_slice(), b"\x7fELF and nothing else"] {
        let fixture = Fixture::new();
        let (source, digest) = counted();
        runs(&fixture.runtime, &digest, &source).await;
        let file = fixture.runtime.compiled_file(&digest);
        // By renaming: the file is mapped by the handler that was loaded.
        let damaged = fixture.directory.path().join("damaged");
        std::fs::write(&damaged, damage).unwrap();
        std::fs::rename(&damaged, &file).unwrap();
        runs(&restarted(&fixture), &digest, &source).await;
        assert_eq!(source.asked.load(Ordering::Relaxed), 2);
    }
}

#[tokio::test]
async fn one_flipped_bit_is_noticed() {
    let fixture = Fixture::new();
    let (source, digest) = counted();
    runs(&fixture.runtime, &digest, &source).await;
    let file = fixture.runtime.compiled_file(&digest);
    let mut code = std::fs::read(&file).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    let damaged = fixture.directory.path().join("damaged");
    std::fs::write(&damaged, code).unwrap();
    std::fs::rename(&damaged, &file).unwrap();
    runs(&restarted(&fixture), &digest, &source).await;
    assert_eq!(source.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn many_that_wait_for_one_handler_compile_it_once() {
    let fixture = Fixture::new();
    let (source, digest) = counted();
    futures_util::future::join_all((0..8).map(|_| runs(&fixture.runtime, &digest, &source))).await;
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_original_that_changed_is_not_run() {
    let fixture = Fixture::new();
    let (source, _) = counted();
    let error = fixture.runtime.load(&Digest([7; 32]), &source).await.unwrap_err();
    assert!(matches!(error, LoadError::Changed { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn compiled_code_is_for_the_host_alone() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    let directory = &fixture.runtime.config().cache_dir;
    assert_eq!(
        std::fs::metadata(directory).unwrap().permissions().mode() & 0o777,
        0o700
    );
}
