//! An attempt's log: bounded, with the beginning and the end kept.

use std::{collections::VecDeque, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use wasmtab_domain::{
    log::height,
    run::{AttemptLog, LogLine as Kept},
    time::Timestamp,
};

use crate::{
    limits::{LOG_BYTES, LOG_LINE_BYTES, LOG_LINES, LOG_TARGET_BYTES},
    live::LivePart,
    text::{strip_control, truncate},
};

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

impl LogLevel {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            Self::Trace,
            Self::Debug,
            Self::Info,
            Self::Warn,
            Self::Error,
            Self::Critical,
        ]
        .into_iter()
        .find(|level| level.as_str() == text)
        .ok_or_else(|| format!("`{text}` is none of trace, debug, info, warn, error, critical"))
    }
}

/// One entry of an attempt's log. Terminal control is taken out of its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// When it was logged.
    pub at: Timestamp,
    /// How grave it is.
    pub level: LogLevel,
    /// `stdout`, `stderr`, or the topic that the handler gave; empty for none.
    pub target: String,
    /// What was logged; may hold line ends when it came by a log call.
    pub message: String,
}

/// What is kept of an attempt's log: the first quarter and the last three quarters of what the limits allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Logs {
    /// The entries that were kept, in order.
    pub lines: Vec<LogLine>,
    /// Lines that were left out between `lines[cut_at - 1]` and `lines[cut_at]`.
    pub cut_lines: u64,
    /// Bytes that were left out, those of overlong lines among them.
    pub cut_bytes: u64,
    /// Where the cut is; 0 where nothing was left out.
    pub cut_at: usize,
}

/// Collects a log within its limits, however much is logged.
#[derive(Debug, Default)]
pub(crate) struct LogBuffer {
    /// Entries with the numbers of their first lines.
    head: Vec<(u64, LogLine)>,
    head_size: Size,
    head_full: bool,
    tail: VecDeque<(u64, LogLine)>,
    tail_size: Size,
    cut: Size,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    lines: u64,
    bytes: u64,
}

const HEAD: Size = Size {
    lines: LOG_LINES as u64 / 4,
    bytes: LOG_BYTES as u64 / 4,
};
const TAIL: Size = Size {
    lines: LOG_LINES as u64 - HEAD.lines,
    bytes: LOG_BYTES as u64 - HEAD.bytes,
};

impl Size {
    fn of(line: &LogLine) -> Self {
        Self {
            lines: height(&line.message),
            bytes: (line.message.len() + line.target.len()) as u64,
        }
    }

    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
    }

    fn take(&mut self, other: Self) {
        self.lines -= other.lines;
        self.bytes -= other.bytes;
    }

    const fn within(self, bound: Self) -> bool {
        self.lines <= bound.lines && self.bytes <= bound.bytes
    }
}

impl LogBuffer {
    /// Takes a line, made harmless and bounded, and gives it back as it is kept.
    pub(crate) fn push(&mut self, at: Timestamp, level: LogLevel, target: &str, message: &str) -> LogLine {
        let mut target = strip_control(target);
        truncate(&mut target, LOG_TARGET_BYTES);
        let mut message = strip_control(message);
        let whole = message.len();
        truncate(&mut message, LOG_LINE_BYTES);
        self.cut_bytes(whole - message.len());
        let line = LogLine {
            at,
            level,
            target,
            message,
        };
        self.keep(line.clone());
        line
    }

    /// Counts bytes that were left out before they came here.
    pub(crate) fn cut_bytes(&mut self, bytes: usize) {
        self.cut.bytes += bytes as u64;
    }

    fn keep(&mut self, line: LogLine) {
        let size = Size::of(&line);
        let number = self.end();
        if !self.head_full {
            let mut head_size = self.head_size;
            head_size.add(size);
            if head_size.within(HEAD) {
                self.head_size = head_size;
                self.head.push((number, line));
                return;
            }
            // Once a line went to the tail, later short ones must follow it there to stay in order.
            self.head_full = true;
        }
        self.tail_size.add(size);
        self.tail.push_back((number, line));
        while !self.tail_size.within(TAIL) {
            let Some((_, oldest)) = self.tail.pop_front() else {
                break;
            };
            let size = Size::of(&oldest);
            self.tail_size.take(size);
            self.cut.add(size);
        }
    }

    /// The number of what comes next: how many lines were logged, also those that are not kept.
    pub(crate) const fn end(&self) -> u64 {
        self.head_size.lines + self.cut.lines + self.tail_size.lines
    }

    /// What there is from the line numbered `from` on, at most `most` entries of it.
    pub(crate) fn since(&self, from: u64, most: usize) -> LivePart {
        let of_head = self.head.partition_point(|(number, _)| *number < from);
        let of_tail = self.tail.partition_point(|(number, _)| *number < from);
        let (head, tail) = (&self.head[of_head..], self.tail.range(of_tail..));
        // What was cut lies before the tail, and is told once the head is read.
        if head.is_empty() {
            let begin = self.head_size.lines + self.cut.lines;
            let lines: Vec<_> = tail.take(most).cloned().collect();
            return LivePart {
                cut: begin.saturating_sub(from.max(self.head_size.lines)),
                next: next(&lines).unwrap_or_else(|| from.max(begin)),
                lines,
                ended: false,
            };
        }
        let lines: Vec<_> = head.iter().take(most).cloned().collect();
        LivePart {
            cut: 0,
            next: next(&lines).unwrap_or(from),
            lines,
            ended: false,
        }
    }

    /// The messages of the last `count` lines of `target`.
    pub(crate) fn last(&self, target: &str, count: usize) -> Vec<&str> {
        let lines = self.tail.iter().rev().chain(self.head.iter().rev());
        let mut last: Vec<&str> = lines
            .filter(|(_, line)| line.target == target)
            .take(count)
            .map(|(_, line)| line.message.as_str())
            .collect();
        last.reverse();
        last
    }

    /// Everything that was kept.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        self.head
            .iter()
            .chain(&self.tail)
            .map(|(_, line)| line.message.as_str())
    }

    /// What is kept so far.
    pub(crate) fn snapshot(&self) -> Logs {
        let lines = self.head.iter().chain(&self.tail);
        self.kept(lines.map(|(_, line)| line.clone()).collect())
    }

    pub(crate) fn finish(mut self) -> Logs {
        let head = std::mem::take(&mut self.head);
        let cut_at = head.len();
        let lines = head.into_iter().chain(std::mem::take(&mut self.tail));
        let mut logs = self.kept(lines.map(|(_, line)| line).collect());
        logs.cut_at = if logs.cut_lines > 0 { cut_at } else { 0 };
        logs
    }

    fn kept(&self, lines: Vec<LogLine>) -> Logs {
        let cut_at = if self.cut.lines > 0 { self.head.len() } else { 0 };
        Logs {
            lines,
            cut_lines: self.cut.lines,
            cut_bytes: self.cut.bytes,
            cut_at,
        }
    }
}

/// The number of what follows these.
fn next(lines: &[(u64, LogLine)]) -> Option<u64> {
    lines.last().map(|(number, line)| number + height(&line.message))
}

impl From<Logs> for AttemptLog {
    fn from(logs: Logs) -> Self {
        Self {
            lines: logs.lines.into_iter().map(Kept::from).collect(),
            cut_lines: logs.cut_lines,
            cut_bytes: logs.cut_bytes,
            cut_after: logs.cut_at,
        }
    }
}

impl From<LogLine> for Kept {
    fn from(line: LogLine) -> Self {
        Self {
            at: line.at,
            level: line.level.into(),
            target: line.target,
            message: line.message,
        }
    }
}

impl From<LogLevel> for wasmtab_domain::run::LogLevel {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace => Self::Trace,
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warn => Self::Warn,
            LogLevel::Error => Self::Error,
            LogLevel::Critical => Self::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(lines: impl IntoIterator<Item = String>) -> Logs {
        let mut buffer = LogBuffer::default();
        for line in lines {
            buffer.push(Timestamp::default(), LogLevel::Info, "", &line);
        }
        buffer.finish()
    }

    #[test]
    fn a_flood_keeps_its_first_quarter_and_its_last_three() {
        let logs = logged((0..25_000).map(|number| number.to_string()));
        assert_eq!(
            (logs.lines.len(), logs.cut_lines, logs.cut_at),
            (10_000, 15_000, 2_500)
        );
        assert_eq!(logs.lines[2_499].message, "2499");
        assert_eq!(logs.lines[2_500].message, "17500");
        assert_eq!(logs.lines[9_999].message, "24999");
        assert!(logs.cut_bytes > 0);
    }

    #[test]
    fn bytes_are_bounded_like_lines() {
        let logs = logged((0..200).map(|_| "x".repeat(10_000)));
        let kept: usize = logs.lines.iter().map(|line| line.message.len()).sum();
        assert!(kept <= LOG_BYTES && kept > LOG_BYTES * 9 / 10, "{kept}");
        assert_eq!(logs.cut_bytes as usize + kept, 2_000_000);
    }

    #[test]
    fn an_overlong_line_is_cut_and_counted() {
        let logs = logged(["y".repeat(LOG_LINE_BYTES + 5)]);
        assert_eq!(
            (logs.lines[0].message.len(), logs.cut_bytes, logs.cut_lines),
            (LOG_LINE_BYTES, 5, 0)
        );
    }

    /// Everything that `since` tells, `most` entries at a time, as the log goes on to be written.
    fn followed(buffer: &LogBuffer, from: u64, most: usize) -> Vec<(u64, String)> {
        let (mut from, mut seen) = (from, Vec::new());
        loop {
            let part = buffer.since(from, most);
            if part.cut > 0 {
                seen.push((part.cut, "cut".to_owned()));
            }
            if part.lines.is_empty() && part.next == from {
                return seen;
            }
            seen.extend(
                part.lines
                    .into_iter()
                    .map(|(number, line)| (number, line.message)),
            );
            from = part.next;
        }
    }

    #[test]
    fn what_is_read_along_is_what_is_kept_under_the_same_numbers() {
        let mut buffer = LogBuffer::default();
        for number in 0..25_000 {
            buffer.push(Timestamp::default(), LogLevel::Info, "", &number.to_string());
        }
        buffer.push(Timestamp::default(), LogLevel::Info, "", "two\nlines");
        buffer.push(Timestamp::default(), LogLevel::Info, "", "last");
        let seen = followed(&buffer, 0, 700);
        assert_eq!(seen[2_499], (2_499, "2499".to_owned()));
        assert_eq!(seen[2_500].1, "cut");
        assert_eq!(seen[seen.len() - 2], (25_000, "two\nlines".to_owned()));
        assert_eq!(seen[seen.len() - 1], (25_002, "last".to_owned()));
        assert_eq!(followed(&buffer, 24_999, 1).len(), 3);
        assert_eq!(followed(&buffer, 25_003, 1), []);

        let snapshot = buffer.snapshot();
        let kept = AttemptLog::from(buffer.finish());
        assert_eq!(AttemptLog::from(snapshot), kept);
        let numbers = kept.from_line(0).into_iter().map(|part| match part {
            wasmtab_domain::log::LogPart::Line { number, line, .. } => (number, line.message.clone()),
            wasmtab_domain::log::LogPart::Cut { lines, .. } => (lines, "cut".to_owned()),
        });
        assert!(numbers.eq(seen));
    }

    #[test]
    fn within_the_limits_nothing_is_cut() {
        let logs = logged((0..10_000).map(|number| number.to_string()));
        assert_eq!((logs.lines.len(), logs.cut_lines, logs.cut_bytes), (10_000, 0, 0));
    }
}
