//! The host's tests, in the dev profile that everything else here shares.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    repo::run(repo::cargo(repo::root()).args(["test", "--locked", "--workspace", "--no-fail-fast"]))
}
