//! The library by which tests set a server's clock.

use crate::debian;
use anyhow::{Result, bail};
use std::fs;

const PACKAGE: &str = "libfaketime";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

pub(crate) fn run() -> Result<()> {
    if !is_there() && debian::may_install() {
        debian::install(&[PACKAGE])?;
    }
    if !is_there() {
        bail!(
            "tests set a server's clock: on Debian, `apt-get install --no-install-recommends {PACKAGE}` as root"
        );
    }
    Ok(())
}

fn is_there() -> bool {
    fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().join(LIBRARY).exists())
}
