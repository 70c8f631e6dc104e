//! What is written down about an attempt while it runs, from wherever in the host it happens.

use std::sync::{Arc, Mutex};

use wasmtab_domain::{grant::Grant, time::Clock};

use crate::{
    attempt::Observer,
    limits::{LOG_LINE_BYTES, REFUSALS, RESULT_BYTES},
    live::LiveLog,
    logs::{LogLevel, Logs},
    report::Refusal,
    sync::lock,
    text::{strip_control, truncate},
};

/// Shared by the store, its streams and the tasks that the guest's requests run in.
pub(crate) struct Recorder {
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    log: LiveLog,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    refusals: Vec<Refusal>,
    stdout: Line,
    stderr: Line,
    result: Output,
}

/// The line that a stream is in the middle of.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    cut: usize,
}

/// A command's stdout.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    length: u64,
}

/// Which of a guest's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Recorder {
    pub(crate) fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>, log: LiveLog) -> Arc<Self> {
        Arc::new(Self {
            clock,
            observer,
            log,
            inner: Mutex::default(),
        })
    }

    pub(crate) fn observer(&self) -> &dyn Observer {
        &*self.observer
    }

    pub(crate) fn log(&self, level: LogLevel, target: &str, message: &str) {
        let at = self.clock.now();
        let line = self.log.push(at, level, target, message);
        self.observer.on_log(&line);
    }

    /// Takes what a guest wrote to a stream, and logs the lines that it completes.
    pub(crate) fn write(&self, stream: Stream, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = piece
                .strip_suffix(b"\n")
                .map_or((piece, false), |text| (text, true));
            {
                let mut inner = lock(&self.inner);
                let line = inner.line(stream);
                let room = LOG_LINE_BYTES - line.bytes.len();
                line.bytes.extend_from_slice(&text[..text.len().min(room)]);
                line.cut += text.len().saturating_sub(room);
            }
            if ends {
                self.end_line(stream);
            }
        }
    }

    fn end_line(&self, stream: Stream) {
        let line = std::mem::take(lock(&self.inner).line(stream));
        self.log.with(|log| log.cut_bytes(line.cut));
        let (level, target) = match stream {
            Stream::Stdout => (LogLevel::Info, "stdout"),
            Stream::Stderr => (LogLevel::Warn, "stderr"),
        };
        let text = line.bytes.strip_suffix(b"\r").unwrap_or(&line.bytes);
        self.log(level, target, &String::from_utf8_lossy(text));
    }

    /// Takes what a command wrote to stdout: its result, kept up to the limit and counted beyond it.
    pub(crate) fn write_result(&self, bytes: &[u8]) {
        let mut inner = lock(&self.inner);
        let room = RESULT_BYTES - inner.result.bytes.len();
        inner
            .result
            .bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        inner.result.length += bytes.len() as u64;
    }

    /// A command's stdout, or its length where that is over the limit.
    pub(crate) fn take_result(&self) -> Result<Vec<u8>, u64> {
        let output = std::mem::take(&mut lock(&self.inner).result);
        if output.length > output.bytes.len() as u64 {
            Err(output.length)
        } else {
            Ok(output.bytes)
        }
    }

    /// Writes a refusal down, once.
    pub(crate) fn refuse(&self, capability: &str, wanted: impl Into<String>, grant: Option<&Grant>) {
        self.refuse_with(capability, wanted, grant.map(Grant::to_string));
    }

    /// Like [`Self::refuse`], with a grant that has a hole for people to fill.
    pub(crate) fn refuse_with(&self, capability: &str, wanted: impl Into<String>, grant: Option<String>) {
        let mut wanted = strip_control(&wanted.into());
        truncate(&mut wanted, 1024);
        let refusal = Refusal {
            capability: capability.to_owned(),
            wanted,
            grant,
        };
        let mut inner = lock(&self.inner);
        if inner.refusals.len() < REFUSALS && !inner.refusals.contains(&refusal) {
            inner.refusals.push(refusal);
        }
    }

    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        lock(&self.inner).refusals.clone()
    }

    /// The last lines of stderr.
    pub(crate) fn last_stderr(&self, count: usize) -> String {
        self.log.with(|log| log.last("stderr", count).join("\n"))
    }

    /// The first of the log's messages in which `find` finds something.
    pub(crate) fn find<T>(&self, find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        self.log.with(|log| log.messages().find_map(find))
    }

    /// Ends the lines that the guest left open.
    pub(crate) fn flush(&self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let open = {
                let mut inner = lock(&self.inner);
                let line = inner.line(stream);
                !line.bytes.is_empty() || line.cut > 0
            };
            if open {
                self.end_line(stream);
            }
        }
    }

    pub(crate) fn take_logs(&self) -> Logs {
        self.log.end()
    }
}

impl Inner {
    fn line(&mut self, stream: Stream) -> &mut Line {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}
