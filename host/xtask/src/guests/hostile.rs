//! Guests that mean harm, as they stand under `tests/hostile/guests`: in Rust as examples of one crate, in C as preview-1 commands.
//! Those in text need no compiler and are not built.

use super::{component, sample::Sample, toolchain::Toolchain};
use crate::{debian, repo};
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the manifest says about how the hash over a guest's sources is taken.
pub(crate) const RULE: &str = "SHA-256 over the guest's file and, for one in Rust, tests/hostile/guests/Cargo.toml and Cargo.lock, \
    tests/hostile/guests/rust/Cargo.toml, plugins/sdk and wit/job-1.0.0: all files in byte order of their paths from the root, each as \
    path, NUL, length in decimal, NUL, content";

/// What C needs of Debian (12 and later).
const PACKAGES: [&str; 4] = ["clang-19", "libclang-rt-19-dev-wasm32", "lld-19", "wasi-libc"];
const CLANG: &str = "/usr/bin/clang-19";
const LINKER: &str = "/usr/bin/wasm-ld-19";
const HEADERS: &str = "/usr/include/wasm32-wasi";
const BUILTINS: &str = "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a";
const LIBRARIES: &str = "/usr/lib/wasm32-wasi";

/// Where the guests are.
pub(crate) fn dir() -> PathBuf {
    repo::root().join("tests/hostile/guests")
}

/// All guests that are built, by name.
pub(crate) fn all() -> Result<Vec<Sample>> {
    let shared: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock", "rust/Cargo.toml"]
        .iter()
        .map(|path| dir().join(path))
        .chain([
            repo::root().join("plugins/sdk"),
            repo::root().join("wit/job-1.0.0"),
        ])
        .collect();
    let mut guests = Vec::new();
    for (folder, extension, shared) in [("rust", "rs", &shared[..]), ("c", "c", &[])] {
        let folder = dir().join(folder);
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", repo::shown(&folder)))? {
            let path = entry?.path();
            let Some(name) = path.file_stem().and_then(OsStr::to_str).map(str::to_owned) else {
                continue;
            };
            // The library of the Rust crate is empty: its examples are the guests.
            if path.extension().is_none_or(|found| found != extension) || name == "lib" {
                continue;
            }
            guests.push(Sample {
                name,
                handler_name: String::new(),
                sources: shared.iter().cloned().chain([path]).collect(),
            });
        }
    }
    guests.sort_by(|left, right| left.name.cmp(&right.name));
    for pair in guests.windows(2) {
        ensure!(
            pair[0].name != pair[1].name,
            "two hostile guests are called {}",
            pair[0].name
        );
    }
    Ok(guests)
}

/// Builds the guests; what the host is handed, in the guests' order.
pub(crate) fn build(toolchain: Toolchain, target: &Path, guests: &[Sample]) -> Result<Vec<Vec<u8>>> {
    c_toolchain()?;
    let mut examples = toolchain.cargo_build(&dir(), target)?;
    repo::run(examples.args(["--locked", "--package", "hostile-guests", "--examples"]))?;
    let examples = toolchain.output_dir(target).join("examples");
    let objects = target.join("c");
    fs::create_dir_all(&objects)?;
    guests
        .iter()
        .map(|guest| {
            let made = match guest.sources.last().filter(|source| is_c(source)) {
                Some(source) => command(source, &objects.join(&guest.name)),
                None => fs::read(examples.join(guest.output()))
                    .context("no example of that name was built: see rust/Cargo.toml")
                    .and_then(component::from_output),
            };
            made.with_context(|| format!("hostile guest {}", guest.name))
        })
        .collect()
}

fn is_c(source: &Path) -> bool {
    source.extension().is_some_and(|extension| extension == "c")
}

/// A preview-1 command, which the host makes a component itself.
fn command(source: &Path, output: &Path) -> Result<Vec<u8>> {
    let (object, module) = (output.with_extension("o"), output.with_extension("wasm"));
    let mut compile = Command::new(CLANG);
    compile
        .args([
            "--target=wasm32-wasi",
            "-Os",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-isystem",
            HEADERS,
            "-c",
        ])
        // The recursion is meant.
        .arg("-Wno-infinite-recursion")
        .arg(source.strip_prefix(repo::root()).unwrap_or(source))
        .arg("-o")
        .arg(&object)
        .current_dir(repo::root());
    repo::run(&mut compile)?;
    let mut link = Command::new(LINKER);
    link.arg(Path::new(LIBRARIES).join("crt1-command.o"))
        .arg(&object)
        .args(["-L", LIBRARIES, "-lc", BUILTINS, "--strip-debug", "-o"])
        .arg(&module);
    repo::run(&mut link)?;
    Ok(fs::read(&module)?)
}

fn c_toolchain() -> Result<()> {
    let there = || {
        [CLANG, LINKER, BUILTINS, HEADERS, LIBRARIES]
            .iter()
            .all(|path| Path::new(path).exists())
    };
    if !there() && debian::may_install() {
        debian::install(&PACKAGES)?;
    }
    if !there() {
        bail!(
            "no C compiler for guests: on Debian, `apt-get install --no-install-recommends {}` as root",
            PACKAGES.join(" ")
        );
    }
    Ok(())
}
