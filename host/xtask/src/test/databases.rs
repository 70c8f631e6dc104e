//! The database servers that tests start for themselves.

use crate::debian;
use anyhow::{Result, bail};

pub(crate) fn run() -> Result<()> {
    ensure(wasmtab_test_databases::missing_packages)
}

/// Installs what is missing where that may be done, and names it everywhere else.
pub(crate) fn ensure(look: fn() -> Vec<&'static str>) -> Result<()> {
    let mut missing = look();
    if !missing.is_empty() && debian::may_install() {
        debian::install(&missing)?;
        missing = look();
    }
    if !missing.is_empty() {
        bail!(
            "database servers are needed: on Debian, `apt-get install --no-install-recommends {}` as root",
            missing.join(" ")
        );
    }
    Ok(())
}
