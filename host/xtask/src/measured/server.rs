//! A server to measure, and its own command line as the client.

use crate::repo;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};
use tempfile::TempDir;

const TOKEN: &str = "measured";

/// Killed when it is dropped.
pub(crate) struct Server {
    binary: PathBuf,
    scratch: TempDir,
    process: Child,
    url: String,
}

impl Server {
    /// On an empty directory and a free port; with these options.
    pub(crate) fn start(binary: &Path, options: &[&str]) -> Result<Self> {
        let scratch = TempDir::new()?;
        let mut process = Command::new(binary)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--timezone",
                "UTC",
                "--data-dir",
            ])
            .arg(scratch.path().join("data"))
            .args(options)
            .env("WASMTAB_ADMIN_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", repo::shown(binary)))?;
        let mut lines = BufReader::new(process.stdout.take().context("it was piped")?).lines();
        let greeting = lines.next().transpose()?.unwrap_or_default();
        let url = greeting
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .with_context(|| format!("it did not say where it listens: {greeting}"))?
            .to_owned();
        // Whatever else it prints must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            binary: binary.to_owned(),
            scratch,
            process,
            url,
        })
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// What it has of the machine now.
    pub(crate) fn takes(&self) -> Result<Use> {
        let process = PathBuf::from(format!("/proc/{}", self.process.id()));
        let status = fs::read_to_string(process.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line
            .and_then(|line| line.split_whitespace().next())
            .context("a process has memory")?;
        Ok(Use {
            resident: kib.parse::<u64>()? * 1024,
            descriptors: fs::read_dir(process.join("fd"))?.count() as u64,
            files: size(&self.scratch().join("data"))?,
        })
    }

    /// A command of the client, which has to succeed; what it printed.
    pub(crate) fn run(&self, args: &[&str]) -> Result<String> {
        let output = Command::new(&self.binary)
            .args(args)
            .env("WASMTAB_SERVER", &self.url)
            .env("WASMTAB_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .output()?;
        ensure!(
            output.status.success(),
            "`wasmtab {}` ended with {}: {}",
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The items of a list.
    pub(crate) fn items(&self, args: &[&str]) -> Result<Vec<Value>> {
        let printed = self.run(&[args, &["-o", "json"]].concat())?;
        let mut list: Value = serde_json::from_str(&printed)?;
        let Value::Array(items) = list["items"].take() else {
            anyhow::bail!("not a list: {printed}");
        };
        Ok(items)
    }

    /// Uploads a component, activates it, and binds the name to it.
    pub(crate) fn bind(&self, handler: &str, plugin: &str, file: &Path) -> Result<()> {
        let file = file.to_str().context("a path in UTF-8")?;
        self.run(&["plugin", "push", file, "--name", plugin, "--activate"])?;
        self.run(&["handler", "bind", handler, plugin]).map(drop)
    }

    /// Makes jobs.
    pub(crate) fn apply(&self, jobs: &str) -> Result<()> {
        let file = self.scratch().join("jobs.yaml");
        fs::write(&file, jobs)?;
        self.run(&["apply", "-f", file.to_str().context("a path in UTF-8")?])
            .map(drop)
    }
}

/// What a server has of its machine.
pub(crate) struct Use {
    /// Bytes of its memory that are in RAM.
    pub(crate) resident: u64,
    /// Open files and sockets.
    pub(crate) descriptors: u64,
    /// Bytes of the files in its directory.
    pub(crate) files: u64,
}

/// Bytes of all files in a directory, however deep.
fn size(directory: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // A file may go away meanwhile.
        let Ok(facts) = entry.metadata() else { continue };
        sum += if facts.is_dir() {
            size(&entry.path())?
        } else {
            facts.len()
        };
    }
    Ok(sum)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
