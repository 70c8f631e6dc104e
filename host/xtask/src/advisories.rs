//! Known vulnerabilities in the dependencies. Apart from `test`, because the database comes from elsewhere and changes daily.

use crate::{repo, tools};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let deny = tools::CARGO_DENY.program()?;
    repo::run(
        Command::new(deny)
            .args(["--workspace", "check", "advisories"])
            .current_dir(repo::root()),
    )
}
