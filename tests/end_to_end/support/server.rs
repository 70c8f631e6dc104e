//! A server of the real binary on a directory of its own.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::binary::{self, Output};

const TOKEN: &str = "test-administrator-token";
/// A condition that is not there by then will not come: the machine may be slow, so this is generous.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    directory: TempDir,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    process: Option<Child>,
    url: String,
}

impl Server {
    /// A server on an empty directory.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more flags.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let mut server = Self::stopped();
        server.set_flags(flags);
        server.restart();
        server
    }

    /// A server on an empty directory that has not started yet.
    pub(crate) fn stopped() -> Self {
        Self {
            directory: TempDir::new().expect("a scratch directory"),
            flags: Vec::new(),
            variables: Vec::new(),
            process: None,
            url: String::new(),
        }
    }

    /// Other flags, from the next start on.
    pub(crate) fn set_flags(&mut self, flags: &[&str]) {
        self.flags = flags.iter().map(ToString::to_string).collect();
    }

    /// A variable of its environment, from the next start on.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A server on a directory that a backup was restored into.
    pub(crate) fn restored(backup: &Path) -> Self {
        let mut server = Self::stopped();
        let mut command = binary::command(&["restore"]);
        command.arg(backup).arg("--data-dir").arg(server.data_dir());
        let _ = binary::run(command).ok();
        server.restart();
        server
    }

    /// Starts the server again on the same directory.
    pub(crate) fn restart(&mut self) {
        self.restart_telling(Stdio::inherit());
    }

    /// The same, with somewhere else for what it says.
    pub(crate) fn restart_telling(&mut self, says: Stdio) {
        assert!(self.process.is_none(), "it runs already");
        let mut command = self.serve_command();
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(says)
            .spawn()
            .expect("the binary starts");
        let stdout = process.stdout.take().expect("it was piped");
        let mut lines = BufReader::new(stdout).lines();
        let greeting = lines.next().and_then(Result::ok).unwrap_or_default();
        let url = greeting
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        url.unwrap_or_else(|| panic!("it did not say where it listens: {greeting}"))
            .clone_into(&mut self.url);
        // Whatever else it prints must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    /// The command that `restart` runs.
    pub(crate) fn serve_command(&self) -> Command {
        let mut command =
            binary::command(&["serve", "--listen", "127.0.0.1:0", "--timezone", "Asia/Shanghai"]);
        command
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(&self.flags)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("WASMTAB_ADMIN_TOKEN", TOKEN);
        command
    }

    /// Where the server keeps its data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A directory for the test's own files.
    pub(crate) fn scratch(&self) -> &Path {
        self.directory.path()
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it is ours to kill");
            process.wait().expect("it ends");
        }
    }

    /// Asks the server to stop (SIGTERM) and waits for its end; the exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        let asked = Command::new("kill")
            .args(["-TERM", &process.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(asked.success());
        process.wait().expect("it ends").code()
    }

    /// A command of the client as the administrator.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_as(TOKEN, args)
    }

    /// A command of the client with this token.
    pub(crate) fn run_as(&self, token: &str, args: &[&str]) -> Output {
        let mut command = self.command(args);
        command.env("WASMTAB_TOKEN", token);
        binary::run(command)
    }

    /// A command of the client as the administrator, to be started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = binary::command(args);
        command
            .env("WASMTAB_SERVER", &self.url)
            .env("WASMTAB_TOKEN", TOKEN);
        command
    }

    /// A command that succeeds, and the JSON that it printed.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut with_format = args.to_vec();
        with_format.extend(["-o", "json"]);
        self.run(&with_format).ok().json()
    }

    /// Uploads a component, activates it, and binds the name to it.
    pub(crate) fn bind(&self, handler: &str, plugin: &str, file: &Path, grants: &[&str]) {
        let file = file.to_str().expect("a path in UTF-8");
        let _ = self
            .run(&["plugin", "push", file, "--name", plugin, "--activate"])
            .ok();
        let _ = self.run(&["handler", "bind", handler, plugin]).ok();
        if !grants.is_empty() {
            let mut args = vec!["handler", "grant", handler];
            args.extend(grants);
            let _ = self.run(&args).ok();
        }
    }

    /// Writes a jobs file and applies it.
    pub(crate) fn apply(&self, yaml: &str) -> Output {
        let file = self.scratch().join("jobs.yaml");
        std::fs::write(&file, yaml).expect("the scratch directory takes files");
        self.run(&["apply", "-f", file.to_str().expect("a path in UTF-8")])
    }

    /// The items of a list.
    pub(crate) fn items(&self, args: &[&str]) -> Vec<Value> {
        match self.json(args)["items"].take() {
            Value::Array(items) => items,
            other => panic!("not a list: {other}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks until there is something to see, and returns it.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "did not come: {what}");
        // Every look is a process of its own: that paces this loop.
        thread::yield_now();
    }
}
