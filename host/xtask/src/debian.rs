//! Packages of Debian that the checks need: installed where this runs as root there, named everywhere else.

use crate::repo;
use anyhow::Result;
use std::path::Path;
use std::process::{Command, Stdio};

const APT_GET: &str = "/usr/bin/apt-get";

/// Whether packages may be installed here.
pub(crate) fn may_install() -> bool {
    Path::new(APT_GET).exists() && repo::output_of("id", &["-u"]).is_some_and(|id| id == "0")
}

/// Installs packages; their services are not started.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(APT_GET);
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            // Of runlevel 1, in which nothing is started.
            .env("RUNLEVEL", "1")
            .stdin(Stdio::null());
        repo::run(&mut command)
    };
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    // A fresh image has no package lists; another one need not fetch them again.
    apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)))
}
