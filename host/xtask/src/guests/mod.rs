//! The sample handlers and the hostile guests: built, made components, kept beside their sources with a manifest.
//!
//! The components are committed so that a checkout demonstrates and tests itself without a wasm toolchain; the manifests' hashes
//! say whether they still are what the sources make.

mod component;
mod hostile;
mod manifest;
mod sample;
mod sources;
mod template;
mod toolchain;

use crate::repo;
use anyhow::{Context, Result, bail};
use manifest::{Entry, Manifest};
use sample::Sample;
use std::fs;
use std::path::{Path, PathBuf};
use toolchain::Toolchain;

/// Rebuilds the committed components.
pub(crate) fn rebuild() -> Result<()> {
    build(&prebuilt(), &hostile::dir().join("prebuilt"))
}

/// Builds every guest into a directory, replacing the components there; the hostile ones go below it.
pub(crate) fn build_into(out: &Path) -> Result<()> {
    let out = std::path::absolute(out)?;
    build(&out, &out.join("hostile"))
}

fn build(samples_to: &Path, hostile_to: &Path) -> Result<()> {
    let toolchain = Toolchain::find_or_install()?;
    println!("building the guests with {toolchain}");
    let samples = sample::all()?;
    let modules = toolchain.build(&plugins(), &target(), &samples)?;
    let mut components = Vec::new();
    for (sample, module) in samples.iter().zip(modules) {
        let module = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        let component = component::from_output(module).with_context(|| format!("sample {}", sample.name))?;
        components.push(component);
    }
    keep(samples_to, sample::RULE, &samples, &components)?;

    let guests = hostile::all()?;
    let components = hostile::build(toolchain, &target(), &guests)?;
    keep(hostile_to, hostile::RULE, &guests, &components)
}

/// Writes components and their manifest, and removes what else is there.
fn keep(out: &Path, rule: &str, guests: &[Sample], components: &[Vec<u8>]) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut manifest = Manifest::new(rule);
    for (guest, component) in guests.iter().zip(components) {
        fs::write(out.join(guest.file()), component)?;
        manifest.plugins.push(Entry::new(guest, component)?);
    }
    remove_strays(out, &manifest)?;
    manifest.write(out)?;
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
        repo::shown(out)
    );
    Ok(())
}

/// Builds what `wasmtab plugin new` writes, and makes it a component: the template is only good if it builds.
pub(crate) fn build_template() -> Result<()> {
    let toolchain = Toolchain::find_or_install()?;
    template::build(toolchain, &target())
}

/// Checks that the committed components match the manifests and the manifests the sources.
pub(crate) fn check() -> Result<()> {
    let mut complaints = complaints(&prebuilt(), &sample::all()?)?;
    complaints.extend(self::complaints(
        &hostile::dir().join("prebuilt"),
        &hostile::all()?,
    )?);
    if complaints.is_empty() {
        println!("the committed components match their sources");
        return Ok(());
    }
    bail!(
        "{}\nrun `cargo xtask guests` and commit plugins/prebuilt and tests/hostile/guests/prebuilt",
        complaints.join("\n")
    )
}

fn complaints(dir: &Path, guests: &[Sample]) -> Result<Vec<String>> {
    let manifest = Manifest::read(dir)?;
    let mut complaints = Vec::new();
    for guest in guests {
        match manifest.plugins.iter().find(|entry| entry.name == guest.name) {
            Some(entry) => complaints.extend(entry.drift(guest, dir)?),
            None => complaints.push(format!("{} has no component", guest.name)),
        }
    }
    for entry in &manifest.plugins {
        if !guests.iter().any(|guest| guest.name == entry.name) {
            complaints.push(format!("{} has no sources any more", entry.file));
        }
    }
    complaints.extend(
        strays(dir, &manifest)?
            .iter()
            .map(|path| format!("{} is in no manifest", repo::shown(path))),
    );
    Ok(complaints)
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
