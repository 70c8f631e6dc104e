//! The guests' own tests: on the ordinary target, with stand-ins for the host.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let dir = repo::root().join("plugins");
    // The target directory may be set for the host; guests keep to their own.
    let mut test = repo::cargo(&dir);
    test.args([
        "test",
        "--locked",
        "--workspace",
        "--no-fail-fast",
        "--target-dir",
    ])
    .arg(dir.join("target"));
    repo::run(&mut test)
}
