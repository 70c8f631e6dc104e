use std::fmt::{self, Write as _};

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::run::{Attempt, AttemptLog, LogLine};

/// What one attempt wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// The run.
    pub run_id: Option<String>,
    /// The attempt.
    pub attempt_id: String,
    /// Its number within the run.
    pub execute_index: u32,
    /// How it stands or ended.
    pub status: String,
    /// The lines that were kept, oldest first.
    pub lines: Vec<LogLineView>,
    /// Lines that the limits cut out of the middle.
    pub cut_lines: u64,
    /// Bytes that they cut.
    pub cut_bytes: u64,
    /// How many of the kept lines come before the cut.
    pub cut_after: usize,
}

/// One line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogLineView {
    /// When it was written.
    #[schema(format = DateTime)]
    pub at: String,
    /// `trace`, `debug`, `info`, `warn`, `error` or `critical`.
    pub level: String,
    /// A topic of the handler's choosing, or the stream it came from; may be empty.
    pub target: String,
    /// The text.
    pub message: String,
}

impl LogLineView {
    pub(crate) fn new(line: &LogLine, zone: Tz) -> Self {
        Self {
            at: line.at.in_zone(zone),
            level: line.level.to_string(),
            target: line.target.clone(),
            message: line.message.clone(),
        }
    }
}

impl fmt::Display for LogLineView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:<5} ", self.at, self.level)?;
        if !self.target.is_empty() {
            write!(f, "{}: ", self.target)?;
        }
        f.write_str(&self.message)
    }
}

impl LogView {
    pub(crate) fn new(attempt: &Attempt, log: &AttemptLog, zone: Tz) -> Self {
        Self {
            run_id: attempt.run_id.map(|id| id.to_string()),
            attempt_id: attempt.id.to_string(),
            execute_index: attempt.execute_index,
            status: attempt.status.to_string(),
            lines: log
                .lines
                .iter()
                .map(|line| LogLineView::new(line, zone))
                .collect(),
            cut_lines: log.cut_lines,
            cut_bytes: log.cut_bytes,
            cut_after: log.cut_after,
        }
    }

    /// The lines as plain text, with a line that says what was cut where it was.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            if self.cut_lines > 0 && index == self.cut_after {
                self.say_cut(&mut text);
            }
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{line}");
        }
        if self.cut_lines > 0 && self.cut_after >= self.lines.len() {
            self.say_cut(&mut text);
        }
        text
    }

    fn say_cut(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "[{} lines, {} bytes were cut here]",
            self.cut_lines, self.cut_bytes
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_where_lines_were_cut() {
        let line = |message: &str| LogLineView {
            at: "2026-01-01T00:00:00Z".into(),
            level: "info".into(),
            target: String::new(),
            message: message.into(),
        };
        let log = LogView {
            run_id: None,
            attempt_id: "1".into(),
            execute_index: 1,
            status: "success".into(),
            lines: vec![line("first"), line("last")],
            cut_lines: 7,
            cut_bytes: 90,
            cut_after: 1,
        };
        assert_eq!(
            log.to_text(),
            "2026-01-01T00:00:00Z info  first\n[7 lines, 90 bytes were cut here]\n2026-01-01T00:00:00Z info  last\n"
        );
    }
}
