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
    /// On an empty directory and a free port.
    pub(crate) fn start(binary: &Path) -> Result<Self> {
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

    /// Bytes of its memory that are in RAM.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line
            .and_then(|line| line.split_whitespace().next())
            .context("a process has memory")?;
        Ok(kib.parse::<u64>()? * 1024)
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
