//! `plugins/sdk/src/bindings.rs`: the world of handlers in Rust.

use crate::repo;
use anyhow::{Context, Result, ensure};
use std::process::Stdio;

pub(crate) fn content() -> Result<String> {
    let dir = repo::root().join("plugins");
    let mut generator = repo::cargo(&dir);
    generator
        .args(["run", "--quiet", "--locked", "--package", "sdk-bindings"])
        .arg("--target-dir")
        .arg(dir.join("target"));
    let output = generator
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the generator of bindings")?;
    ensure!(
        output.status.success(),
        "the generator of bindings ended with {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}
