//! `wasmtab plugin build`: the right cargo invocation for a project that `plugin new` made.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use clap::Args;
use serde_json::{Value, json};

use super::toolchain::Toolchain;
use crate::{
    context::Context,
    exit::{Exit, Failure},
    output,
};

#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl BuildArgs {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let dir = &self.dir;
        if !dir.join("Cargo.toml").is_file() {
            return Err(Failure::new(
                Exit::NotFound,
                format!("{} is not a Rust project: it has no Cargo.toml", dir.display()),
            )
            .with("`wasmtab plugin new NAME` makes one"));
        }
        let toolchain = Toolchain::find(dir)?;
        output::progress(&format!("building with {toolchain}"));
        let project = Project::read(dir, toolchain)?;
        let status = toolchain
            .cargo(dir)
            .args(["build", "--release", "--target", toolchain.target()])
            .args(toolchain.extra_args())
            // What the compiler says is progress, and this command's output is its own.
            .stdout(Stdio::null())
            .status()
            .map_err(|error| Failure::own(format!("cargo does not start: {error}")))?;
        if !status.success() {
            return Err(Failure::own(format!("the build failed ({status})")));
        }
        let built = project
            .target_dir
            .join(toolchain.target())
            .join("release")
            .join(&project.artifact);
        let placed = dir.join(format!("{}.wasm", project.name));
        let size = fs::copy(&built, &placed).map_err(|error| {
            Failure::own(format!(
                "{} cannot be copied to {}: {error}",
                built.display(),
                placed.display()
            ))
        })?;
        let report = json!({ "file": placed, "size": size, "target": toolchain.target(), "toolchain": toolchain.to_string() });
        context.out.one(&report, |_| {
            let file = placed.display();
            format!("{file} ({size} bytes), built with {toolchain}\n\n  wasmtab plugin run {file}\n")
        })
    }
}

/// What cargo knows of the project.
struct Project {
    name: String,
    artifact: String,
    target_dir: PathBuf,
}

impl Project {
    fn read(dir: &Path, toolchain: Toolchain) -> Result<Self, Failure> {
        let output = toolchain
            .cargo(dir)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .map_err(|error| Failure::own(format!("cargo does not start: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::own(format!(
                "cargo does not read the project: {}",
                said.trim()
            )));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::own(format!("cargo's answer is not understood: {error}")))?;
        let manifest = dir
            .join("Cargo.toml")
            .canonicalize()
            .map_err(|error| Failure::own(format!("{}: {error}", dir.display())))?;
        Self::of(&metadata, &manifest)
            .ok_or_else(|| Failure::usage(format!("{} has no library of the type cdylib", dir.display())))
    }

    fn of(metadata: &Value, manifest: &Path) -> Option<Self> {
        let packages = metadata.get("packages")?.as_array()?;
        let package = packages.iter().find(|package| {
            package["manifest_path"]
                .as_str()
                .is_some_and(|path| Path::new(path) == manifest)
        })?;
        let targets = package.get("targets")?.as_array()?;
        let is_cdylib = |target: &&Value| {
            target["crate_types"]
                .as_array()
                .is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
        };
        let library = targets.iter().find(is_cdylib)?.get("name")?.as_str()?;
        Some(Self {
            name: package.get("name")?.as_str()?.to_owned(),
            artifact: format!("{}.wasm", library.replace('-', "_")),
            target_dir: PathBuf::from(metadata.get("target_directory")?.as_str()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_of_the_project_is_found() {
        let metadata = json!({
            "target_directory": "/p/target",
            "packages": [
                {"name": "sdk", "manifest_path": "/p/vendor/Cargo.toml", "targets": [{"name": "sdk", "crate_types": ["lib"]}]},
                {"name": "order-timeout", "manifest_path": "/p/Cargo.toml", "targets": [
                    {"name": "order_timeout", "crate_types": ["cdylib"]},
                ]},
            ],
        });
        let project = Project::of(&metadata, Path::new("/p/Cargo.toml")).unwrap();
        assert_eq!(
            (project.name.as_str(), project.artifact.as_str()),
            ("order-timeout", "order_timeout.wasm")
        );
        assert!(Project::of(&metadata, Path::new("/p/vendor/Cargo.toml")).is_none());
    }
}
