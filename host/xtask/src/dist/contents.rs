//! What lies in the archive.

use super::binary;
use crate::repo;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Files of the repository, and where they go.
const FILES: &[(&str, &str)] = &[
    ("LICENSE", "LICENSE"),
    ("README.md", "README.md"),
    ("README.zh.md", "README.zh.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("host/dist/wasmtab.service", "systemd/wasmtab.service"),
    ("host/dist/wasmtab.sysusers.conf", "systemd/wasmtab.sysusers.conf"),
    ("host/dist/Containerfile", "container/Containerfile"),
];

/// Shells, and what their completion is called where they look for it.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "completions/wasmtab.bash"),
    ("zsh", "completions/_wasmtab"),
    ("fish", "completions/wasmtab.fish"),
];

/// The archive's name without its ending: product, version, machine.
pub(crate) fn name() -> String {
    format!(
        "wasmtab-{}-{}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

/// Puts everything into `directory`.
pub(crate) fn collect(directory: &Path, binary: &Path) -> Result<()> {
    let put = |to: &str, content: &[u8]| -> Result<()> {
        let to = directory.join(to);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&to, content).with_context(|| format!("cannot write {}", to.display()))
    };
    for (from, to) in FILES {
        let content = fs::read(repo::root().join(from)).with_context(|| format!("cannot read {from}"))?;
        put(to, &content)?;
    }
    let program = directory.join("wasmtab");
    binary::stripped(binary, &program)?;
    for (shell, to) in COMPLETIONS {
        let script = repo::output_of(&program, &["completion", shell])
            .with_context(|| format!("`wasmtab completion {shell}` failed"))?;
        put(to, format!("{script}\n").as_bytes())?;
    }
    Ok(())
}

/// Lets systemd read the unit, where it is at hand.
pub(crate) fn verify_unit(directory: &Path) -> Result<()> {
    if repo::output_of("systemd-analyze", &["--version"]).is_none() {
        println!("systemd-analyze is not there: the unit was not verified");
        return Ok(());
    }
    // It looks for the program where the unit names it; here it lies elsewhere.
    let unit = fs::read_to_string(directory.join("systemd/wasmtab.service"))?;
    let program = directory.join("wasmtab");
    let here = unit.replace("/usr/local/bin/wasmtab", &program.display().to_string());
    if here == unit {
        bail!("the unit does not start /usr/local/bin/wasmtab");
    }
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("wasmtab.service");
    fs::write(&file, here)?;
    repo::run(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(file),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> String {
        fs::read_to_string(repo::root().join(path)).unwrap()
    }

    #[test]
    fn every_file_is_there() {
        for (from, _) in FILES {
            assert!(repo::root().join(from).is_file(), "{from}");
        }
    }

    #[test]
    fn the_unit_is_hardened_and_drains() {
        let unit = file("host/dist/wasmtab.service");
        let says = |line: &str| unit.lines().any(|said| said == line);
        for line in [
            "User=wasmtab",
            "StateDirectory=wasmtab",
            "Environment=WASMTAB_DATA_DIR=/var/lib/wasmtab",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "KillSignal=SIGTERM",
            "Restart=on-failure",
        ] {
            assert!(says(line), "{line}");
        }
        // Handlers are machine code that is made while the server runs.
        assert!(
            !unit
                .lines()
                .any(|said| said.starts_with("MemoryDenyWriteExecute="))
        );
    }

    #[test]
    fn the_image_runs_as_nobody_in_particular_and_says_how_it_is() {
        let image = file("host/dist/Containerfile");
        let at = |begin: &str| {
            let found = image.lines().position(|line| line.starts_with(begin));
            found.unwrap_or_else(|| panic!("{begin}"))
        };
        assert!(at("FROM debian:") < at("COPY wasmtab "));
        assert!(at("USER ") < at("ENTRYPOINT "));
        assert!(image.contains("HEALTHCHECK"));
        assert!(image.contains("[\"wasmtab\", \"ping\"]"));
        assert!(at("STOPSIGNAL SIGTERM") < at("CMD [\"serve\"]"));
    }
}
