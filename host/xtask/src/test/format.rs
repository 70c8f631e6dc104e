//! rustfmt, on the host and on the guests.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    for dir in [repo::root().to_path_buf(), repo::root().join("plugins")] {
        repo::run(repo::cargo(&dir).args(["fmt", "--all", "--check"]))?;
    }
    Ok(())
}
