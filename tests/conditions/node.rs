//! A server whose words are kept, and the account of what became of its fires.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufRead, BufReader},
    ops::{Deref, DerefMut},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use wasmtab_domain::time::Timestamp;

use crate::support::{Server, eventually, plugin};

/// Jobs whose fires are accounted for: one for each rule about what was missed. Each fires once a second.
const JOBS: [&str; 3] = ["all", "latest", "skip"];
const STEP: Duration = Duration::from_secs(1);

/// A server of a test; killed when it is dropped.
pub(crate) struct Node {
    server: Server,
}

impl Node {
    /// Not started yet.
    pub(crate) fn stopped() -> Self {
        Self {
            server: Server::stopped(),
        }
    }

    /// On an empty directory.
    pub(crate) fn start() -> Self {
        let mut node = Self::stopped();
        node.restart();
        node
    }

    /// Starts it, again or for the first time.
    pub(crate) fn restart(&mut self) {
        let said = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("the scratch directory takes files");
        self.server.restart_telling(Stdio::from(said));
    }

    /// Everything that it said so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Waits until it has said this; not a word of a panic before it.
    pub(crate) fn says(&self, words: &str) {
        eventually(words, || self.said().contains(words).then_some(()));
    }

    /// Starts it where it must not start: the exit code and what it said.
    pub(crate) fn refusal(&self) -> (Option<i32>, String) {
        let mut process = self
            .serve_command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut greeting = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("it was piped"));
        stdout.read_line(&mut greeting).expect("it can be read");
        if !greeting.is_empty() {
            process.kill().expect("it is ours to kill");
        }
        let output = process.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(greeting.is_empty(), "it started: {greeting}{said}");
        assert!(!said.contains("panicked"), "{said}");
        (output.status.code(), said)
    }

    /// Makes jobs that fire once a second, one for each misfire rule.
    pub(crate) fn tick(&self) {
        self.bind("EchoHandler", "echo", &plugin("echo"), &[]);
        let mut jobs = String::new();
        for rule in JOBS {
            writeln!(
                jobs,
                "- {{name: {rule}, cronExpression: '* * * * * ?', handlerName: EchoHandler, misfire: {rule}, catchUpWindow: 5m, \
                 overlap: allow}}"
            )
            .expect("a text takes every line");
        }
        let _ = self.apply(&jobs).ok();
        self.runs_on("the first fires");
    }

    /// Waits until every job has run at an instant that is still to come.
    pub(crate) fn runs_on(&self, what: &str) {
        let now = JOBS.map(|job| self.newest(job));
        for (job, before) in JOBS.iter().zip(now) {
            eventually(what, || (self.newest(job) > before).then_some(()));
        }
    }

    fn newest(&self, job: &str) -> Option<Timestamp> {
        let runs = self.items(&["run", "list", "--job", job, "--state", "success", "--limit", "1"]);
        runs.first().map(|run| instant(run, "scheduledAt"))
    }

    /// Every instant of every job between its first and its last is on record exactly once: it ran, and well, or it was
    /// skipped for a reason that the rule allows.
    pub(crate) fn accounts_for_every_fire(&self) {
        self.accounts(&["latest", "skip"]);
    }

    /// The same, where more was missed than `all` catches up with.
    pub(crate) fn accounts_for_hours(&self) {
        self.accounts(&JOBS);
    }

    /// Only `may_skip` may have missed some.
    fn accounts(&self, may_skip: &[&str]) {
        let _ = self
            .run(&["pause", "--all", "--note", "the account", "--yes"])
            .ok();
        eventually("the end of what goes on", || {
            let active = ["queued", "running", "waitingRetry"];
            active
                .iter()
                .all(|state| {
                    self.items(&["run", "list", "--state", state, "--limit", "1"])
                        .is_empty()
                })
                .then_some(())
        });
        for job in JOBS {
            let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
            for run in self.items(&[
                "run",
                "list",
                "--job",
                job,
                "--trigger",
                "cron",
                "--limit",
                "20000",
            ]) {
                assert_eq!(run["status"], "success", "{run}");
                let at = instant(&run, "scheduledAt");
                spans.push((at, at));
            }
            for row in self.items(&[
                "run", "list", "--job", job, "--state", "skipped", "--limit", "20000",
            ]) {
                let reason = row["reason"].as_str().expect("a reason");
                assert!(
                    reason == "paused" || (reason == "misfire" && may_skip.contains(&job)),
                    "{job}: {row}"
                );
                let from = instant(&row, "scheduledAt");
                let until = row["scheduledUntil"]
                    .as_str()
                    .map_or(from, |text| text.parse().expect("RFC 3339"));
                let count = row["fireCount"].as_u64().expect("a number of fires");
                assert_eq!(from.plus(STEP * (count as u32 - 1)), until, "{row}");
                spans.push((from, until));
            }
            spans.sort_unstable();
            for pair in spans.windows(2) {
                assert_eq!(pair[0].1.plus(STEP), pair[1].0, "{job}: {spans:?}");
            }
        }
        assert!(!self.said().contains("panicked"), "{}", self.said());
    }

    fn log(&self) -> PathBuf {
        self.scratch().join("server.log")
    }
}

impl Deref for Node {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Node {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

/// An instant of a row.
pub(crate) fn instant(row: &Value, field: &str) -> Timestamp {
    row[field]
        .as_str()
        .expect("an instant")
        .parse()
        .expect("RFC 3339")
}
