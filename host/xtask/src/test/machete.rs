//! cargo-machete: dependencies that nothing uses.

use crate::{repo, tools};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let machete = tools::CARGO_MACHETE.program()?;
    repo::run(
        Command::new(machete)
            .args([
                "host",
                "plugins/embed",
                "plugins/files",
                "plugins/sdk",
                "plugins/samples",
                "tests/hostile/guests",
            ])
            .current_dir(repo::root()),
    )
}
