//! Where things are, and how commands are started.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The root of the checkout: the one that the launcher was started in, or for tests, which have no launcher, that of their sources.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        env::var_os("XTASK_CHECKOUT").map_or_else(
            || {
                let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
                crate_dir.ancestors().nth(2).unwrap_or(crate_dir).to_owned()
            },
            PathBuf::from,
        )
    });
    &ROOT
}

/// The folders of all workspaces: the host's, and those of guests.
pub(crate) fn workspaces() -> [PathBuf; 3] {
    ["", "plugins", "tests/hostile/guests"].map(|folder| root().join(folder))
}

/// The host workspace's target directory.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// `cargo` of the pinned toolchain, in a directory of the repository.
pub(crate) fn cargo(dir: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(dir).stdin(Stdio::null());
    command
}

/// Runs a command with its output on this one's; an error names the command line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line_of(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What a command prints; none where it cannot be started or fails.
pub(crate) fn output_of(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A path as people read it: below the checkout where it is there.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = [program].into_iter().chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
