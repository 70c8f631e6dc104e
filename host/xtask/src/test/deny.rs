//! cargo-deny: what the dependencies' licences, sources and versions may be. Advisories are `cargo xtask advisories`.

use crate::{repo, tools};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let deny = tools::CARGO_DENY.program()?;
    let config = repo::root().join("deny.toml");
    for dir in repo::workspaces() {
        let mut check = Command::new(&deny);
        check
            .args(["--workspace", "--locked", "--config"])
            .arg(&config)
            .args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
        repo::run(check.current_dir(dir))?;
    }
    Ok(())
}
