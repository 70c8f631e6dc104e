//! rustfmt, on the host, on the guests and on the fuzz targets.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    for dir in repo::workspaces() {
        repo::run(repo::cargo(&dir).args(["fmt", "--all", "--check"]))?;
    }
    Ok(())
}
