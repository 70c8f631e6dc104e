//! rustfmt, on the host, on the guests and on the fuzz targets.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let fuzz = repo::root().join("tests/fuzz");
    for dir in repo::workspaces().into_iter().chain([fuzz]) {
        repo::run(repo::cargo(&dir).args(["fmt", "--all", "--check"]))?;
    }
    Ok(())
}
