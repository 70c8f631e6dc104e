//! Reading along with what a run's attempts write, from any place in it, to the run's end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chrono_tz::Tz;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use wasmtab_domain::{
    ids::RunId,
    log::{LogPart, LogPosition},
    run::{Attempt, AttemptLog, RunStatus},
};
use wasmtab_runtime::LiveAttempt;
use wasmtab_store::{Hint, Principal, Role};

use crate::{
    error::ServiceResult,
    instants::Zones,
    service::{Service, authorize},
    view::LogLineView,
};

/// Lines that one look at a log that is being written takes.
const LINES: usize = 500;
/// How often somebody who waits looks without having heard anything: the attempt may go on in another process.
const LOOK: Duration = Duration::from_secs(2);

/// Something that a reader is told.
#[derive(Clone, Debug)]
pub enum Followed {
    /// What follows is of this attempt.
    Attempt,
    /// A line.
    Line {
        /// Its number within the attempt, from 0.
        number: u64,
        /// What it says.
        line: LogLineView,
    },
    /// So many lines are not kept.
    Cut(u64),
    /// The attempt has ended with this status.
    AttemptEnded(String),
    /// The run has ended with this status.
    RunEnded(String),
}

/// Something that a reader is told, of which attempt, and where to go on after it.
#[derive(Clone, Debug)]
pub struct FollowEvent {
    /// The attempt's number within the run.
    pub attempt: u32,
    /// What happened.
    pub what: Followed,
    /// Where whoever was cut off after it goes on.
    pub next: LogPosition,
}

/// A reader.
#[derive(Debug)]
pub struct Follow {
    service: Arc<Service>,
    run_id: RunId,
    zone: Tz,
    /// Whether only the attempt at which it begins is read.
    alone: bool,
    at: LogPosition,
    /// The attempt that was announced.
    announced: Option<u32>,
    ready: VecDeque<FollowEvent>,
    hints: Receiver<Hint>,
    done: bool,
}

impl Service {
    /// Begins to read along at `from`. With `alone` the end of that attempt is the end.
    pub async fn follow(
        self: &Arc<Self>,
        by: &Principal,
        run_id: RunId,
        from: LogPosition,
        alone: bool,
    ) -> ServiceResult<Follow> {
        authorize(by, Role::Viewer)?;
        // Listening begins before the first look: what happens in between is heard.
        let hints = self.store.hints().listen();
        let run = self.find_run(run_id).await?;
        Ok(Follow {
            service: Arc::clone(self),
            run_id,
            zone: Zones::default().of(self, run.job_id).await?,
            alone,
            at: from,
            announced: None,
            ready: VecDeque::new(),
            hints,
            done: false,
        })
    }
}

impl Follow {
    /// The next event, once there is one; none at the end.
    pub async fn next(&mut self) -> ServiceResult<Option<FollowEvent>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.done {
                return Ok(None);
            }
            self.look().await?;
        }
    }

    /// Looks once: for lines, or for the end, or waits until there is reason to look again.
    async fn look(&mut self) -> ServiceResult<()> {
        // What was announced up to here is seen by the looks that follow.
        while self.hints.try_recv().is_ok() {}
        let live = self.service.live.of(self.run_id);
        // Of an attempt that has just ended, what is left is, or will be, in the database.
        if let Some(live) = live.filter(|live| live.execute_index == self.at.attempt)
            && self.read_along(&live).await
        {
            return Ok(());
        }
        let store = Arc::clone(&self.service.store);
        let Some(attempt) = self.service.attempt_of(self.run_id, self.at.attempt).await? else {
            match store.run(self.run_id).await? {
                None => self.done = true,
                Some(run) => match run.status {
                    RunStatus::Ended(status) => self.end(status.as_str()),
                    RunStatus::Active(_) => self.wait().await,
                },
            }
            return Ok(());
        };
        let ended = attempt.status.is_final();
        // Of an attempt that goes on elsewhere, what it wrote here is there already.
        let kept = store.attempt_log(attempt.id).await?;
        self.read_kept(&attempt, &kept);
        if ended {
            self.end_attempt(&attempt);
        } else if self.ready.is_empty() {
            self.wait().await;
        }
        Ok(())
    }

    /// Whether the attempt still goes on.
    async fn read_along(&mut self, live: &LiveAttempt) -> bool {
        let part = live.log.since(self.at.line, LINES);
        if part.ended {
            return false;
        }
        self.announce();
        if part.cut > 0 {
            let begin = part.lines.first().map_or(part.next, |(number, _)| *number);
            self.tell(Followed::Cut(part.cut), begin);
        }
        for (number, line) in part.lines {
            let next = number + wasmtab_domain::log::height(&line.message);
            let line = LogLineView::new(&line.into(), self.zone);
            self.tell(Followed::Line { number, line }, next);
        }
        if self.ready.is_empty() {
            live.log.reaches(self.at.line).await;
        }
        true
    }

    fn read_kept(&mut self, attempt: &Attempt, kept: &AttemptLog) {
        let parts = kept.from_line(self.at.line);
        if attempt.status.is_final() || !parts.is_empty() {
            self.announce();
        }
        for part in parts {
            match part {
                LogPart::Line { number, next, line } => {
                    let line = LogLineView::new(line, self.zone);
                    self.tell(Followed::Line { number, line }, next);
                }
                LogPart::Cut { lines, next } => self.tell(Followed::Cut(lines), next),
            }
        }
    }

    fn end_attempt(&mut self, attempt: &Attempt) {
        let ended = Followed::AttemptEnded(attempt.status.to_string());
        let number = self.at.attempt;
        self.at = self.at.next_attempt();
        self.ready.push_back(FollowEvent {
            attempt: number,
            what: ended,
            next: self.at,
        });
        if attempt.last {
            self.end(attempt.status.as_str());
        } else if self.alone {
            self.done = true;
        }
    }

    fn end(&mut self, status: &str) {
        self.ready.push_back(FollowEvent {
            attempt: self.at.attempt.saturating_sub(1),
            what: Followed::RunEnded(status.to_owned()),
            next: self.at,
        });
        self.done = true;
    }

    fn announce(&mut self) {
        if self.announced != Some(self.at.attempt) {
            self.announced = Some(self.at.attempt);
            self.tell(Followed::Attempt, self.at.line);
        }
    }

    fn tell(&mut self, what: Followed, next: u64) {
        self.at.line = next;
        self.ready.push_back(FollowEvent {
            attempt: self.at.attempt,
            what,
            next: self.at,
        });
    }

    /// Returns when something may have happened to the run.
    async fn wait(&mut self) {
        let (run, live, hints) = (self.run_id, &self.service.live, &mut self.hints);
        let heard = async {
            loop {
                match hints.recv().await {
                    Ok(Hint::RunEnded(ended)) if ended == run => return,
                    Ok(Hint::RunChanged(changed)) if changed == run => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    // Nobody is left to say anything; the clock remains.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = heard => {}
            () = live.arrival(run, self.at.attempt) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
