//! `cargo xtask`: builds the project's automation, and becomes it.
//!
//! `cargo run` chooses the dependencies' features for one package alone: two fifths of what the automation is made of would be compiled
//! with features of their own, and once more for the tests. Built as a part of the whole workspace it shares all of it with them.

use std::{
    env, io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    match launch() {
        Ok(built) => built,
        Err(error) => {
            eprintln!("error: the automation does not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns only where the automation was not built, or does not start.
fn launch() -> io::Result<ExitCode> {
    let program = env::current_exe()?.with_file_name("xtask");
    // Not the one that this was compiled in: a target directory may be shared, and a checkout moved.
    let this_crate = env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| io::Error::other("it is started by `cargo xtask`"))?;
    let checkout = above(Path::new(&this_crate), 3);
    let mut build = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).as_ref());
    build
        .args([
            "build",
            "--locked",
            "--workspace",
            "--bin",
            "xtask",
            "--target-dir",
        ])
        .arg(above(&program, 2))
        .current_dir(checkout);
    if program.exists() {
        build.arg("--quiet");
    }
    if !build.status()?.success() {
        return Ok(ExitCode::FAILURE);
    }
    Err(command(&program)
        .args(env::args_os().skip(1))
        .env("XTASK_CHECKOUT", checkout)
        .exec())
}

fn above(path: &Path, folders: usize) -> &Path {
    path.ancestors().nth(folders).unwrap_or(path)
}

/// Without what `cargo run` set for this process: a nested build would take it for its own and rebuild everything.
fn command(program: &Path) -> Command {
    let about_this_crate = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ];
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if about_this_crate.iter().any(|prefix| text.starts_with(prefix)) || text == "OUT_DIR" {
            command.env_remove(&name);
        }
    }
    command
}
