//! A server's process and directory.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Neither server runs as root: then it runs as nobody.
const NOBODY: u32 = 65_534;
/// A server that has not come up by then will not: the machine may be slow, so this is generous.
const PATIENCE: Duration = Duration::from_mins(2);
/// Lines of the log that a failure shows.
const SHOWN: usize = 20;

/// A directory that the server's user owns.
#[derive(Debug)]
pub(crate) struct Directory(TempDir);

impl Directory {
    pub(crate) fn new() -> Result<Self> {
        let directory = TempDir::new().context("no scratch directory")?;
        own(directory.path())?;
        Ok(Self(directory))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file that the server can read.
    pub(crate) fn file(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        fs::write(&path, content).with_context(|| path.display().to_string())?;
        own(&path)?;
        Ok(path)
    }
}

/// A command as the server's user, with nothing of this process's settings.
pub(crate) fn command(program: &Path, directory: &Directory) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(directory.path())
        .env("LC_ALL", "C")
        .env("HOME", directory.path())
        .stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Runs a command to its end; the error has what it printed.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("{program} does not start"))?;
    if !output.status.success() {
        bail!(
            "{program} ended with {}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A server that takes connections; ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    stop: Signal,
}

impl Server {
    /// Starts it and waits until its log says `ready`. `stop` is the signal that ends it fast and clean.
    pub(crate) fn start(mut command: Command, ready: &'static str, stop: Signal) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        let log = process.stderr.take().context("the log was piped")?;
        let server = Self { process, stop };
        let (sender, receiver) = mpsc::channel();
        // It reads on to the end: a full pipe would stop the server.
        thread::spawn(move || {
            let mut seen = Vec::new();
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                if line.contains(ready) {
                    // Nobody listens once the wait is over.
                    let _ = sender.send(Ok(()));
                }
                seen.push(line);
                seen.drain(..seen.len().saturating_sub(SHOWN));
            }
            let _ = sender.send(Err(seen.join("\n")));
        });
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(())) => Ok(server),
            Ok(Err(log)) => bail!("{program} ended:\n{log}"),
            Err(_) => bail!("{program} does not come up within {} s", PATIENCE.as_secs()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        let asked = pid.is_some_and(|pid| kill_process(pid, self.stop).is_ok());
        if !asked {
            // It is gone already, or cannot be reached at all.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// What a process that ends without dropping its server leaves to do: the server is ended, and its directory removed. It waits for
/// the pipe to close, which it does whatever way the process ends.
const LIFELINE: &str = r#"read -r _
kill -INT "$1"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.2
done
rm -rf "$2""#;

impl Server {
    /// Lets the server end when this process does. The value holds the line.
    pub(crate) fn until_exit(&self, directory: &Directory) -> Result<Child> {
        Command::new("/bin/sh")
            .args(["-c", LIFELINE, "lifeline", &self.process.id().to_string()])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("/bin/sh does not start")
    }
}

fn own(path: &Path) -> Result<()> {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
