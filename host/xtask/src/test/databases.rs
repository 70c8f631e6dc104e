//! The database servers that tests start for themselves.

use crate::debian;
use anyhow::{Result, bail};

pub(crate) fn run() -> Result<()> {
    let mut missing = wasmtab_test_databases::missing_packages();
    if !missing.is_empty() && debian::may_install() {
        debian::install(&missing)?;
        missing = wasmtab_test_databases::missing_packages();
    }
    if !missing.is_empty() {
        bail!(
            "tests need database servers: on Debian, `apt-get install --no-install-recommends {}` as root",
            missing.join(" ")
        );
    }
    Ok(())
}
