//! `cargo xtask dist`: what is handed to whoever runs the product without building it.

mod archive;
pub(crate) mod binary;
mod contents;

use crate::repo;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Builds (unless a binary is given), collects, packs, and tries what was packed.
pub(crate) fn run(binary: Option<&Path>, out: Option<PathBuf>) -> Result<()> {
    let binary = binary::given_or_built(binary)?;
    let out = out.unwrap_or_else(|| repo::root().join("dist"));
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let scratch = tempfile::tempdir()?;
    let name = contents::name();
    let directory = scratch.path().join(&name);
    contents::collect(&directory, &binary)?;
    let packed = archive::pack(&directory, &out)?;
    let sum = archive::checksum(&packed)?;
    archive::try_out(&packed, &sum, &name)?;
    contents::verify_unit(&directory)?;
    println!("{}", repo::shown(&packed));
    println!("{}", repo::shown(&sum));
    Ok(())
}
