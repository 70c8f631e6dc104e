//! How the lines of a log are numbered, so that whoever reads along can go on where it was cut off.
//!
//! Every line that a guest wrote counts, also those that the limits cut: the number of a line is the same while the attempt goes on
//! and in what is kept of it afterwards.

use std::{fmt, str::FromStr};

use crate::run::{AttemptLog, LogLine};

/// How many lines a message takes.
pub fn height(message: &str) -> u64 {
    1 + message.bytes().filter(|byte| *byte == b'\n').count() as u64
}

/// A place in what the attempts of a run wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// The attempt's number within the run, from 1.
    pub attempt: u32,
    /// The number of the next line, from 0.
    pub line: u64,
}

impl LogPosition {
    /// The beginning.
    pub const START: Self = Self { attempt: 1, line: 0 };

    /// The beginning of what the next attempt writes.
    #[must_use]
    pub const fn next_attempt(self) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            line: 0,
        }
    }
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.attempt, self.line)
    }
}

impl FromStr for LogPosition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (attempt, line) = text.split_once('-')?;
            Some(Self {
                attempt: attempt.parse().ok().filter(|attempt| *attempt > 0)?,
                line: line.parse().ok()?,
            })
        };
        read().ok_or_else(|| format!("`{text}` is no place in a log, like 1-0"))
    }
}

/// A part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPart<'a> {
    /// A line.
    Line {
        /// Its number.
        number: u64,
        /// The number of what follows it.
        next: u64,
        /// What it says.
        line: &'a LogLine,
    },
    /// Lines that are not kept.
    Cut {
        /// How many.
        lines: u64,
        /// The number of what follows them.
        next: u64,
    },
}

impl AttemptLog {
    /// What there is of the log from the line with this number on.
    pub fn from_line(&self, from: u64) -> Vec<LogPart<'_>> {
        let mut parts = Vec::new();
        let mut number = 0;
        let cut = |number: &mut u64, parts: &mut Vec<LogPart<'_>>| {
            let next = *number + self.cut_lines;
            if next > from {
                let lines = next - from.max(*number);
                parts.push(LogPart::Cut { lines, next });
            }
            *number = next;
        };
        for (index, line) in self.lines.iter().enumerate() {
            if self.cut_lines > 0 && index == self.cut_after {
                cut(&mut number, &mut parts);
            }
            let next = number + height(&line.message);
            if number >= from {
                parts.push(LogPart::Line { number, next, line });
            }
            number = next;
        }
        if self.cut_lines > 0 && self.cut_after >= self.lines.len() {
            cut(&mut number, &mut parts);
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::LogLevel, time::Timestamp};

    fn log(messages: &[&str], cut_lines: u64, cut_after: usize) -> AttemptLog {
        let line = |message: &&str| LogLine {
            at: Timestamp::from_secs(1),
            level: LogLevel::Info,
            target: String::new(),
            message: (*message).to_owned(),
        };
        AttemptLog {
            lines: messages.iter().map(line).collect(),
            cut_lines,
            cut_bytes: 0,
            cut_after,
        }
    }

    /// `number:message`, or `lines~` for what was cut.
    fn shown(log: &AttemptLog, from: u64) -> String {
        let part = |part: &LogPart<'_>| match part {
            LogPart::Line { number, line, .. } => format!("{number}:{}", line.message.replace('\n', "/")),
            LogPart::Cut { lines, .. } => format!("{lines}~"),
        };
        log.from_line(from).iter().map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_are_counted_through_what_was_cut() {
        let log = log(&["a", "b\nb", "z"], 10, 2);
        assert_eq!(shown(&log, 0), "0:a 1:b/b 10~ 13:z");
        assert_eq!(shown(&log, 1), "1:b/b 10~ 13:z");
        assert_eq!(shown(&log, 3), "10~ 13:z");
        assert_eq!(shown(&log, 8), "5~ 13:z");
        assert_eq!(shown(&log, 13), "13:z");
        assert_eq!(shown(&log, 14), "");
        assert_eq!(shown(&log, u64::MAX), "");
    }

    #[test]
    fn a_log_may_end_with_what_was_cut() {
        assert_eq!(shown(&log(&["a"], 2, 1), 0), "0:a 2~");
        assert_eq!(shown(&log(&[], 2, 0), 1), "1~");
        assert_eq!(shown(&log(&["a", "b"], 0, 0), 1), "1:b");
    }

    #[test]
    fn a_place_reads_back() {
        let place = LogPosition { attempt: 2, line: 17 };
        assert_eq!(place.to_string(), "2-17");
        assert_eq!("2-17".parse(), Ok(place));
        assert_eq!(place.next_attempt().to_string(), "3-0");
        for wrong in ["", "2", "0-1", "2-", "-1-2", "2-x", "99999999999-0"] {
            assert!(wrong.parse::<LogPosition>().is_err(), "{wrong}");
        }
    }
}
