//! The log of an attempt while it goes on, for others to read along.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::Notify;
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    time::Timestamp,
};

use crate::{
    logs::{LogBuffer, LogLevel, LogLine, Logs},
    sync::lock,
};

/// The one log that an attempt has: what it holds while the attempt goes on is what the report has at its end. Clones are the same log.
#[derive(Clone, Debug, Default)]
pub struct LiveLog(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    buffer: LogBuffer,
    ended: bool,
}

/// What there is of a log from some line on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivePart {
    /// Lines before the first of `lines` that are not kept any more.
    pub cut: u64,
    /// Lines with their numbers.
    pub lines: Vec<(u64, LogLine)>,
    /// The number of what follows them.
    pub next: u64,
    /// Whether nothing more will be logged, and what was is in the attempt's report.
    pub ended: bool,
}

impl LiveLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// What there is from the line numbered `from` on, at most `most` entries of it.
    pub fn since(&self, from: u64, most: usize) -> LivePart {
        let state = lock(&self.0.state);
        if state.ended {
            return LivePart {
                next: from,
                ended: true,
                ..LivePart::default()
            };
        }
        state.buffer.since(from, most)
    }

    /// Returns once there is a line numbered `from` or higher, or the log has ended.
    pub async fn reaches(&self, from: u64) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Registers interest before looking, or a line between the two would be missed.
            changed.as_mut().enable();
            {
                let state = lock(&self.0.state);
                if state.ended || state.buffer.end() > from {
                    return;
                }
            }
            changed.await;
        }
    }

    /// What is kept so far; nothing once it has ended.
    pub fn snapshot(&self) -> Logs {
        lock(&self.0.state).buffer.snapshot()
    }

    /// Writes a line, as the host does for a guest; gives it back as it is kept.
    pub fn push(&self, at: Timestamp, level: LogLevel, target: &str, message: &str) -> LogLine {
        let line = lock(&self.0.state).buffer.push(at, level, target, message);
        self.0.changed.notify_waiters();
        line
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut LogBuffer) -> T) -> T {
        look(&mut lock(&self.0.state).buffer)
    }

    /// Ends the log and gives what was kept away.
    pub fn end(&self) -> Logs {
        let buffer = {
            let mut state = lock(&self.0.state);
            state.ended = true;
            std::mem::take(&mut state.buffer)
        };
        self.0.changed.notify_waiters();
        buffer.finish()
    }
}

/// The logs of the attempts that go on in this process, by their runs.
#[derive(Debug, Default)]
pub struct LiveLogs {
    going_on: Mutex<HashMap<RunId, LiveAttempt>>,
    arrived: Notify,
}

/// An attempt that goes on.
#[derive(Clone, Debug)]
pub struct LiveAttempt {
    /// Which.
    pub attempt_id: AttemptId,
    /// Its number within the run.
    pub execute_index: u32,
    /// What it writes.
    pub log: LiveLog,
}

/// Lets an attempt's log be found as long as this lives.
#[derive(Debug)]
pub struct LiveEntry {
    logs: Arc<LiveLogs>,
    run_id: RunId,
    attempt_id: AttemptId,
}

impl LiveLogs {
    /// Enters the log of an attempt that begins.
    pub fn enter(self: &Arc<Self>, run_id: RunId, attempt: LiveAttempt) -> LiveEntry {
        let entry = LiveEntry {
            logs: Arc::clone(self),
            run_id,
            attempt_id: attempt.attempt_id,
        };
        lock(&self.going_on).insert(run_id, attempt);
        self.arrived.notify_waiters();
        entry
    }

    /// The attempt of this run that goes on here.
    pub fn of(&self, run_id: RunId) -> Option<LiveAttempt> {
        lock(&self.going_on).get(&run_id).cloned()
    }

    /// Returns once the run's attempt with this number, or a later one, goes on here.
    pub async fn arrival(&self, run_id: RunId, execute_index: u32) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if self
                .of(run_id)
                .is_some_and(|attempt| attempt.execute_index >= execute_index)
            {
                return;
            }
            arrived.await;
        }
    }
}

impl Drop for LiveEntry {
    fn drop(&mut self) {
        let mut going_on = lock(&self.logs.going_on);
        // The run's next attempt may have begun already.
        if going_on
            .get(&self.run_id)
            .is_some_and(|attempt| attempt.attempt_id == self.attempt_id)
        {
            going_on.remove(&self.run_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(log: &LiveLog, message: &str) {
        log.push(Timestamp::default(), LogLevel::Info, "", message);
    }

    fn attempt(id: i64, execute_index: u32) -> LiveAttempt {
        LiveAttempt {
            attempt_id: AttemptId(id),
            execute_index,
            log: LiveLog::new(),
        }
    }

    #[tokio::test]
    async fn who_waits_hears_of_a_line_and_of_the_end() {
        let live = LiveLog::new();
        log(&live, "first");
        live.reaches(0).await;
        let ((), ()) = tokio::join!(live.reaches(1), async { log(&live, "second") });
        let part = live.since(1, 10);
        assert_eq!(
            (part.lines[0].0, part.lines[0].1.message.as_str(), part.next),
            (1, "second", 2)
        );
        let ((), logs) = tokio::join!(live.reaches(2), async { live.end() });
        assert_eq!(logs.lines.len(), 2);
        assert!(live.since(2, 10).ended);
        live.reaches(99).await;
    }

    #[tokio::test]
    async fn an_attempt_is_found_while_it_goes_on() {
        let logs = Arc::new(LiveLogs::default());
        let run = RunId(1);
        let ((), first) = tokio::join!(logs.arrival(run, 1), async { logs.enter(run, attempt(1, 1)) });
        assert_eq!(logs.of(run).unwrap().attempt_id, AttemptId(1));
        let second = logs.enter(run, attempt(9, 2));
        drop(first);
        assert_eq!(logs.of(run).unwrap().execute_index, 2);
        logs.arrival(run, 1).await;
        drop(second);
        assert!(logs.of(run).is_none());
    }
}
