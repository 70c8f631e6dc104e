//! Which compiler builds a guest: the ordinary one where it has the target, else Debian's with a standard library of its own.

use std::{
    fmt,
    path::Path,
    process::{Command, Stdio},
};

use crate::exit::Failure;

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const STD_SOURCES: &str = "/usr/lib/rustlib/src/rust/library";
const LINKER: &str = "/usr/bin/wasm-ld-19";
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";
/// What the second way needs of Debian (12 and later).
const PACKAGES: &str = "rustc-web cargo-web rust-web-src lld-19 wasi-libc";

/// A way to build guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// The project's toolchain has the target `wasm32-wasip2`.
    Wasip2,
    /// Debian's rustc builds the standard library for `wasm32-wasip1` itself; the host adapts the module when it is uploaded.
    Debian,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wasip2 => "cargo and its target wasm32-wasip2",
            Self::Debian => "Debian's cargo for wasm32-wasip1, as there is no target wasm32-wasip2",
        })
    }
}

impl Toolchain {
    /// The first one that is there, as seen from the project: it may name a toolchain of its own.
    pub(super) fn find(dir: &Path) -> Result<Self, Failure> {
        let libdir = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", "wasm32-wasip2"])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        if libdir.is_ok_and(|said| {
            said.status.success() && Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir()
        }) {
            return Ok(Self::Wasip2);
        }
        if [RUSTC, CARGO, STD_SOURCES, LINKER, WASI_LIBC]
            .iter()
            .all(|part| Path::new(part).exists())
        {
            return Ok(Self::Debian);
        }
        Err(
            Failure::own("there is no Rust compiler with the target wasm32-wasip2")
                .with("run `rustup target add wasm32-wasip2`")
                .with(format!(
                    "or, on Debian, `apt-get install --no-install-recommends {PACKAGES}` as root"
                )),
        )
    }

    /// Cargo in the project's folder.
    pub(super) fn cargo(self, dir: &Path) -> Command {
        let mut command = match self {
            Self::Wasip2 => Command::new("cargo"),
            Self::Debian => Command::new(CARGO),
        };
        command.current_dir(dir).stdin(Stdio::null());
        // Flags that were meant for the host do not fit a guest.
        for variable in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_BUILD_RUSTFLAGS",
        ] {
            command.env_remove(variable);
        }
        if self == Self::Debian {
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("RUSTC", RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_WASIP1_LINKER", LINKER)
                .env(
                    "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
                    format!(
                        "-C link-self-contained=no -L {WASI_LIBC} -C link-arg={WASI_LIBC}/crt1-reactor.o -C link-arg=-lc"
                    ),
                );
        }
        command
    }

    /// The target that is built for.
    pub(super) const fn target(self) -> &'static str {
        match self {
            Self::Wasip2 => "wasm32-wasip2",
            Self::Debian => "wasm32-wasip1",
        }
    }

    /// Arguments that the build needs besides.
    pub(super) const fn extra_args(self) -> &'static [&'static str] {
        match self {
            Self::Wasip2 => &[],
            Self::Debian => &["-Zbuild-std=std,panic_abort"],
        }
    }
}
