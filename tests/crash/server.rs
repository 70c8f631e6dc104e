//! The process that suffers.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

/// The administrator's token.
pub(crate) const TOKEN: &str = "crash-administrator-token";

/// A server on a directory that outlives it.
#[derive(Debug)]
pub(crate) struct Server {
    binary: PathBuf,
    data_dir: PathBuf,
    process: Option<Child>,
    limits: [(Resource, Rlimit); 2],
}

impl Server {
    pub(crate) fn new(binary: &Path, data_dir: PathBuf) -> Self {
        let limit = |what| (what, getrlimit(what));
        Self {
            binary: binary.to_owned(),
            data_dir,
            process: None,
            limits: [limit(Resource::Fsize), limit(Resource::Nofile)],
        }
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.data_dir.join("wasmtab.db")
    }

    /// A command of the same binary.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        // A write past a limit is an error to the process, as on a full disk, and no signal.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(&self.binary)
            .args(args);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WASMTAB_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Starts the process, and does not wait for it.
    pub(crate) fn spawn(&mut self) -> Greeting {
        assert!(self.process.is_none(), "it runs already");
        let mut command = self.command(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--timezone",
            "UTC",
            "--drain-timeout",
            "1s",
        ]);
        command
            .arg("--data-dir")
            .arg(&self.data_dir)
            .env("WASMTAB_ADMIN_TOKEN", TOKEN)
            // What it says of its misfortune is not judged.
            .env(
                "RUST_LOG",
                std::env::var("RUST_LOG").unwrap_or_else(|_| "off".into()),
            )
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("the binary starts");
        let stdout = process.stdout.take().expect("it was piped");
        self.process = Some(process);
        Greeting(BufReader::new(stdout))
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> Pid {
        let process = self.process.as_ref().expect("it runs");
        Pid::from_child(process)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it is ours, and not waited for");
    }

    /// Waits for the end of the process; the exit code where it was not a signal.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        process.wait().expect("it is ours").code()
    }

    /// How the process has ended by itself, if it has.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        let status = self.process.as_mut()?.try_wait().expect("it is ours")?;
        self.process = None;
        Some(status)
    }

    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Bounds what the process may have of something from now on.
    pub(crate) fn starve(&self, what: Resource, most: u64) {
        let limit = Rlimit {
            current: Some(most),
            maximum: getrlimit(what).maximum,
        };
        let _ = prlimit(Some(self.pid()), what, limit);
    }

    /// Lets it have what it had at first.
    pub(crate) fn feed(&self) {
        for (what, limit) in self.limits {
            let _ = prlimit(Some(self.pid()), what, limit);
        }
    }

    /// Descriptors that it has open.
    pub(crate) fn descriptors(&self) -> u64 {
        let directory = format!("/proc/{}/fd", self.pid().as_raw_nonzero());
        fs::read_dir(directory).map_or(0, |entries| entries.count() as u64)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The first thing that a server says.
pub(crate) struct Greeting(BufReader<std::process::ChildStdout>);

impl Greeting {
    /// Where it listens; none where it ended before.
    pub(crate) fn heard(self) -> Option<String> {
        let mut lines = self.0.lines();
        let greeting = lines.next()?.ok()?;
        let url = greeting
            .split_whitespace()
            .find(|word| word.starts_with("http://"))?
            .to_owned();
        // Whatever else it prints must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Some(url)
    }
}
