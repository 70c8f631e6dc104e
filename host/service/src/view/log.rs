use std::fmt::Write as _;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_domain::run::{Attempt, AttemptLog};

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

impl LogView {
    pub(crate) fn new(attempt: &Attempt, log: AttemptLog, zone: Tz) -> Self {
        let line = |line: wasmtab_domain::run::LogLine| LogLineView {
            at: line.at.in_zone(zone),
            level: line.level.to_string(),
            target: line.target,
            message: line.message,
        };
        Self {
            run_id: attempt.run_id.map(|id| id.to_string()),
            attempt_id: attempt.id.to_string(),
            execute_index: attempt.execute_index,
            status: attempt.status.to_string(),
            lines: log.lines.into_iter().map(line).collect(),
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
            let topic = if line.target.is_empty() {
                String::new()
            } else {
                format!("{}: ", line.target)
            };
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{} {:<5} {topic}{}", line.at, line.level, line.message);
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
