//! Cargo subcommands that the checks need, installed below the target directory so that nothing of the user's changes.

use crate::repo;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// A tool and the version that CI runs.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};
pub(crate) const CARGO_MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
};

impl Tool {
    /// The program, installed first where it is missing or of another version.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        // A folder a version: moving the pin installs anew, moving it back does not.
        let root = repo::target()
            .join("tools")
            .join(format!("{}-{}", self.name, self.version));
        let program = root
            .join("bin")
            .join(self.name)
            .with_extension(std::env::consts::EXE_EXTENSION);
        if !program.exists() {
            println!("installing {} {}", self.name, self.version);
            let mut install = repo::cargo(repo::root());
            install
                .args([
                    "install",
                    "--quiet",
                    "--locked",
                    // They run for seconds: optimising them takes minutes.
                    "--debug",
                    self.name,
                    "--version",
                    self.version,
                    "--root",
                ])
                .arg(&root);
            install
                .arg("--target-dir")
                .arg(repo::target().join("tools/build"));
            repo::run(&mut install).with_context(|| {
                format!(
                    "{0} is missing: `cargo install --locked {0} --version {1}`",
                    self.name, self.version
                )
            })?;
        }
        Ok(program)
    }
}
