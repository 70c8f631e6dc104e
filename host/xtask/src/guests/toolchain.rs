//! Which compiler builds guests: the ordinary one where it has the target, else Debian's with a standard library of its own.

use super::sample::Sample;
use crate::{debian, repo};
use anyhow::{Context, Result, bail};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the recipe needs of Debian (12 and later).
const PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19", "wasi-libc"];

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const STD_SOURCES: &str = "/usr/lib/rustlib/src/rust/library";
const LINKER: &str = "/usr/bin/wasm-ld-19";
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// A way to build guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The pinned toolchain has the target `wasm32-wasip2`.
    Wasip2,
    /// Debian's rustc builds the standard library for `wasm32-wasip1` itself.
    Debian,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wasip2 => "the toolchain's own target wasm32-wasip2",
            Self::Debian => {
                "Debian's rustc, wasm32-wasip1 and a standard library built along (no wasm32-wasip2 here)"
            }
        })
    }
}

impl Toolchain {
    /// The first one that is there; as root on Debian the second is installed.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if debian::may_install() {
            debian::install(&PACKAGES)?;
            if let Some(found) = Self::find() {
                return Ok(found);
            }
        }
        bail!(
            "no toolchain for guests: run `rustup target add wasm32-wasip2`, or on Debian \
             `apt-get install --no-install-recommends {}` as root",
            PACKAGES.join(" ")
        )
    }

    fn find() -> Option<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let sysroot = repo::output_of(rustc, &["--print", "sysroot"]);
        if sysroot.is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/wasm32-wasip2/lib").is_dir()) {
            return Some(Self::Wasip2);
        }
        let parts = [RUSTC, CARGO, STD_SOURCES, LINKER, WASI_LIBC];
        parts
            .iter()
            .all(|part| Path::new(part).exists())
            .then_some(Self::Debian)
    }

    /// Builds samples of the workspace in `dir`; the outputs, in the samples' order.
    pub(crate) fn build(self, dir: &Path, target: &Path, samples: &[Sample]) -> Result<Vec<PathBuf>> {
        let mut command = self.cargo_build(dir, target)?;
        command.arg("--locked");
        for sample in samples {
            command.args(["--package", &sample.name]);
        }
        repo::run(&mut command)?;
        Ok(samples
            .iter()
            .map(|sample| self.output_dir(target).join(sample.output()))
            .collect())
    }

    /// `cargo build --release` for a guest workspace, with the flags that this toolchain wants.
    pub(crate) fn cargo_build(self, dir: &Path, target: &Path) -> Result<Command> {
        let mut command = match self {
            Self::Wasip2 => repo::cargo(dir),
            Self::Debian => Command::new(CARGO),
        };
        command
            .current_dir(dir)
            .stdin(Stdio::null())
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET");
        command
            .args(["build", "--release", "--target", self.target()])
            .arg("--target-dir")
            .arg(target);
        let mut flags = remapping()?;
        if self == Self::Debian {
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("RUSTC", RUSTC)
                .env("RUSTC_BOOTSTRAP", "1");
            command
                .env("CARGO_TARGET_WASM32_WASIP1_LINKER", LINKER)
                .arg("-Zbuild-std=std,panic_abort");
            // Debian 12 has Rust 1.85. `wasip2` wants 1.87 and does with it; what does not, does not compile.
            command.arg("--ignore-rust-version");
            // Nothing of the default features: a guest has no backtraces of its own to print.
            command.arg("-Zbuild-std-features=optimize_for_size");
            flags.extend([
                "-C".into(),
                "link-self-contained=no".into(),
                "-L".into(),
                WASI_LIBC.into(),
            ]);
            flags.push(format!("-Clink-arg={WASI_LIBC}/crt1-reactor.o"));
            flags.push("-Clink-arg=-lc".into());
        }
        // Encoded, so that a path with a space stays one flag.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        Ok(command)
    }

    /// Where cargo puts what it builds.
    pub(crate) fn output_dir(self, target: &Path) -> PathBuf {
        target.join(self.target()).join("release")
    }

    fn target(self) -> &'static str {
        match self {
            Self::Wasip2 => "wasm32-wasip2",
            Self::Debian => "wasm32-wasip1",
        }
    }
}

/// Panic messages name source files: by paths that say nothing about the machine that built them.
///
/// The same for every workspace of guests: with other flags, cargo would build the standard library once more.
fn remapping() -> Result<Vec<String>> {
    let home = env::home_dir().context("no home directory")?;
    let cargo_home = env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let mut pairs = vec![
        (PathBuf::from(STD_SOURCES), "std".to_owned()),
        (home, "home".to_owned()),
        (cargo_home.clone(), "cargo".to_owned()),
        (repo::root().join("plugins"), "guest".to_owned()),
    ];
    // The registries' checkouts carry the registry's name and hash.
    if let Ok(registries) = std::fs::read_dir(cargo_home.join("registry/src")) {
        pairs.extend(
            registries
                .flatten()
                .map(|entry| (entry.path(), "crates".to_owned())),
        );
    }
    // The last prefix that matches wins.
    Ok(pairs
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect())
}
