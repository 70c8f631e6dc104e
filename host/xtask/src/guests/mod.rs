//! The sample handlers: built, made components, kept in `plugins/prebuilt` with a manifest.
//!
//! The components are committed so that a checkout demonstrates and tests itself without a wasm toolchain; the manifest's hashes
//! say whether they still are what the sources make.

mod component;
mod manifest;
mod sample;
mod sources;
mod template;
mod toolchain;

use crate::repo;
use anyhow::{Context, Result, bail};
use manifest::{Entry, Manifest};
use std::fs;
use std::path::{Path, PathBuf};
use toolchain::Toolchain;

/// Rebuilds the committed components.
pub(crate) fn rebuild() -> Result<()> {
    build_into(&prebuilt())
}

/// Builds every sample into a directory, replacing the components there.
pub(crate) fn build_into(out: &Path) -> Result<()> {
    let out = std::path::absolute(out)?;
    let toolchain = Toolchain::find_or_install()?;
    println!("building the guests with {toolchain}");
    let samples = sample::all()?;
    let modules = toolchain.build(&plugins(), &target(), &samples)?;

    fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut manifest = Manifest::default();
    for (sample, module) in samples.iter().zip(modules) {
        let module = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        let component = component::from_output(module).with_context(|| format!("sample {}", sample.name))?;
        fs::write(out.join(sample.file()), &component)?;
        manifest.plugins.push(Entry::new(sample, &component)?);
    }
    remove_strays(&out, &manifest)?;
    manifest.write(&out)?;
    for entry in &manifest.plugins {
        println!(
            "  {:<24} {:>4} kB  {}",
            entry.file,
            entry.size.div_ceil(1000),
            entry.handler_name
        );
    }
    println!(
        "wrote {} components to {}",
        manifest.plugins.len(),
        repo::shown(&out)
    );
    Ok(())
}

/// Builds what `wasmtab plugin new` writes, and makes it a component: the template is only good if it builds.
pub(crate) fn build_template() -> Result<()> {
    let toolchain = Toolchain::find_or_install()?;
    template::build(toolchain, &target())
}

/// Checks that the committed components match the manifest and the manifest the sources.
pub(crate) fn check() -> Result<()> {
    let dir = prebuilt();
    let manifest = Manifest::read(&dir)?;
    let samples = sample::all()?;
    let mut complaints = Vec::new();
    for sample in &samples {
        match manifest.plugins.iter().find(|entry| entry.name == sample.name) {
            Some(entry) => complaints.extend(entry.drift(sample, &dir)?),
            None => complaints.push(format!("{} has no component", sample.name)),
        }
    }
    for entry in &manifest.plugins {
        if !samples.iter().any(|sample| sample.name == entry.name) {
            complaints.push(format!("{} has no sources any more", entry.file));
        }
    }
    complaints.extend(
        strays(&dir, &manifest)?
            .iter()
            .map(|path| format!("{} is in no manifest", repo::shown(path))),
    );
    if complaints.is_empty() {
        println!("{} committed components match their sources", samples.len());
        return Ok(());
    }
    bail!(
        "{}\nrun `cargo xtask guests` and commit plugins/prebuilt",
        complaints.join("\n")
    )
}

fn plugins() -> PathBuf {
    repo::root().join("plugins")
}

fn prebuilt() -> PathBuf {
    plugins().join("prebuilt")
}

/// Guests are built beside one another, whatever the host's target directory is.
fn target() -> PathBuf {
    plugins().join("target")
}

/// Components that no entry names.
fn strays(dir: &Path, manifest: &Manifest) -> Result<Vec<PathBuf>> {
    let mut strays = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let known = manifest.plugins.iter().any(|entry| path.ends_with(&entry.file));
        if path.extension().is_some_and(|extension| extension == "wasm") && !known {
            strays.push(path);
        }
    }
    Ok(strays)
}

fn remove_strays(dir: &Path, manifest: &Manifest) -> Result<()> {
    for path in strays(dir, manifest)? {
        fs::remove_file(path)?;
    }
    Ok(())
}
