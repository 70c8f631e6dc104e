//! rustfmt, on the host, on the guests and on the fuzz targets.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let dirs = ["", "plugins", "tests/fuzz"].map(|dir| repo::root().join(dir));
    for dir in dirs {
        repo::run(repo::cargo(&dir).args(["fmt", "--all", "--check"]))?;
    }
    Ok(())
}
