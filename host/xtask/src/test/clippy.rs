//! Clippy with warnings denied, on the host and on the guests.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    for dir in repo::workspaces() {
        let mut clippy = repo::cargo(&dir);
        clippy.args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        repo::run(&mut clippy)?;
    }
    Ok(())
}
