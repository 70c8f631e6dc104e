//! Writing the two files: neither is overwritten unasked, and neither is ever half there.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::args::CommonArgs;
use crate::{
    context::Context,
    exit::{Exit, Failure},
    output,
};

/// Where the jobs file and the report go.
#[derive(Debug)]
pub(super) struct Target {
    /// The jobs file as it was named; none: standard output.
    pub(super) out: Option<String>,
    pub(super) report: PathBuf,
    force: bool,
}

impl Target {
    /// Checks that nothing is in the way.
    pub(super) fn new(args: &CommonArgs, context: &Context) -> Result<Self, Failure> {
        let out = (args.out != "-").then(|| args.out.clone());
        if out.is_none() && !context.out.is_table() {
            return Err(Failure::usage(
                "--out: standard output takes either the jobs file or -o json, not both",
            ));
        }
        let report = args
            .report
            .clone()
            .unwrap_or_else(|| Path::new(out.as_deref().unwrap_or("jobs.yaml")).with_extension("report.md"));
        if out.as_deref().map(Path::new) == Some(report.as_path()) {
            return Err(Failure::usage("--report: is the same file as --out"));
        }
        let target = Self {
            out,
            report,
            force: args.force,
        };
        for (flag, path) in target.files() {
            if path.exists() && !target.force {
                return Err(Failure::new(
                    Exit::Conflict,
                    format!(
                        "{} is there already: --force overwrites it, {flag} names another",
                        path.display()
                    ),
                ));
            }
        }
        Ok(target)
    }

    /// The jobs file, for people.
    pub(super) fn out_shown(&self) -> String {
        self.out.clone().unwrap_or_else(|| "standard output".into())
    }

    pub(super) fn to_stdout(&self) -> bool {
        self.out.is_none()
    }

    pub(super) fn write(&self, jobs: &str, report: &str) -> Result<(), Failure> {
        // The report first: a jobs file without one is not to be trusted.
        self.put("--report", &self.report, report)?;
        match &self.out {
            Some(out) => self.put("--out", Path::new(out), jobs),
            None => output::write(jobs),
        }
    }

    fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let out = self.out.as_deref().map(|out| ("--out", Path::new(out)));
        out.into_iter().chain([("--report", self.report.as_path())])
    }

    fn put(&self, flag: &str, path: &Path, text: &str) -> Result<(), Failure> {
        let refuse = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{flag}: {} cannot be written: {error}", path.display()))
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .prefix(".import-")
            .permissions(permissions())
            .tempfile_in(parent.unwrap_or(Path::new(".")))
            .map_err(|error| refuse(&error))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| refuse(&error))?;
        let kept = if self.force {
            file.persist(path)
        } else {
            file.persist_noclobber(path)
        };
        kept.map(drop).map_err(|error| refuse(&error.error))
    }
}

/// As any file that a command writes; a temporary one would be for its owner alone.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}
