//! The project that `wasmtab plugin new` writes, built as a newcomer would build it.

use super::component;
use super::toolchain::Toolchain;
use crate::repo;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const NAME: &str = "first-handler";

pub(crate) fn build(toolchain: Toolchain, target: &Path) -> Result<()> {
    let dir = target.join("template").join(NAME);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let mut scaffold = repo::cargo(&repo::root().join("plugins"));
    scaffold.args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "wasmtab-guests",
        "--example",
        "scaffold",
        "--",
        NAME,
    ]);
    repo::run(scaffold.arg(&dir))?;
    repo::run(&mut toolchain.cargo_build(&dir, target)?)?;
    let output = toolchain
        .output_dir(target)
        .join(format!("{}.wasm", NAME.replace('-', "_")));
    let module = fs::read(&output).with_context(|| format!("cannot read {}", output.display()))?;
    let component = component::from_output(module)?;
    println!("the template builds: {} kB", component.len().div_ceil(1000));
    Ok(())
}
