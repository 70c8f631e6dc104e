//! What really happened, in the order of the commits, as only the simulation can know it.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use wasmtab_domain::{
    ids::{AttemptId, BootId, JobId, RunId},
    job::{JobSpec, Window},
    policy::Overlap,
    repeat::Wish,
    run::{Attempt, Claim, Outcome, Run, RunPolicy},
    time::Timestamp,
};
use wasmtab_store::{CancelReply, FinishReply, RepeatReply};

/// Something that was committed, or that a guest did.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A process entered.
    Entered(BootId),
    /// It died, or left.
    Gone(BootId),
    /// The attempts of every other process were abandoned: this many.
    Rescued { living: BootId, count: u64 },
    /// Attempts of this process that it does not know were given back: this many.
    GaveBack {
        owner: BootId,
        known: Vec<AttemptId>,
        count: u64,
    },
    /// A planner looked.
    Looked,
    /// A planner released fires that it had prepared, at this instant by the clock.
    LookedAhead { committed: Timestamp },
    /// The next fires were computed anew.
    Replanned,
    /// A job was made, or says something else.
    Written {
        job: JobId,
        revision: i64,
        spec: Arc<JobSpec>,
    },
    /// A pause was laid over it.
    Paused { job: JobId, until: Option<Timestamp> },
    /// The pause was lifted.
    Resumed { job: JobId },
    /// It was removed.
    Deleted { job: JobId },
    /// Somebody asked for a run of a job.
    Triggered {
        job: JobId,
        overlap: Option<Overlap>,
        answer: Result<RunId, RunId>,
    },
    /// Somebody asked for instants of the past.
    FilledBack {
        job: JobId,
        overlap: Option<Overlap>,
        fires: Vec<Timestamp>,
        answer: Option<Vec<RunId>>,
    },
    /// Somebody asked for a call.
    Called {
        run: RunId,
        at: Timestamp,
        policy: Box<RunPolicy>,
    },
    /// Somebody asked for a run's end.
    Cancelled { run: RunId, reply: CancelReply },
    /// A handler was bound: so many attempts of it may go on at once.
    Bound { handler: String, most: Option<u32> },
    /// A version of the plugin was made the active one.
    Activated { version: i64 },
    /// A hold was laid over a handler, or lifted.
    Held { handler: String, is: bool },
    /// A calendar has these windows.
    Calendar { name: String, windows: Vec<Window> },
    /// Attempts were claimed.
    Claimed {
        owner: BootId,
        limit: u32,
        by_age: u32,
        claims: Vec<Claim>,
    },
    /// Runs that the commit before this made were claimed in it, on at most so many seats.
    Seated {
        owner: BootId,
        limit: u32,
        claims: Vec<Claim>,
    },
    /// A guest began.
    Began { owner: BootId, attempt: AttemptId },
    /// Outcomes were written.
    Finished {
        outcomes: Vec<Outcome>,
        replies: Vec<FinishReply>,
    },
    /// Somebody wanted ended runs, the parts of one fire, to be carried out once more.
    Repeated {
        runs: Vec<RunId>,
        wish: Wish,
        replies: Vec<RepeatReply>,
    },
    /// Several of these, one after another in one commit.
    Together(Vec<Event>),
    /// The database failed, and nobody had asked it to.
    Failed { what: &'static str, error: String },
}

/// Rows that a commit made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    /// New runs, oldest first.
    pub runs: Vec<Run>,
    /// New rows of fires that do not run, oldest first.
    pub skips: Vec<Attempt>,
}

/// An event, its instant, and what it made.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub at: Timestamp,
    pub event: Event,
    pub made: Made,
}

/// All entries of a simulated world.
#[derive(Debug, Default)]
pub(crate) struct Chronicle(Mutex<Vec<Entry>>);

impl Chronicle {
    pub(crate) fn note(&self, at: Timestamp, event: Event, made: Made) {
        self.0.lock().unwrap().push(Entry { at, event, made });
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match &self.event {
            Event::Written { job, revision, spec } => {
                write!(
                    f,
                    "Written {job}@{revision} {}",
                    serde_json::to_string(spec).unwrap()
                )
            }
            Event::Claimed {
                owner,
                limit,
                by_age,
                claims,
            } => {
                write!(f, "Claimed by {owner}, at most {limit}, {by_age} by age:")?;
                claims.iter().try_for_each(|claim| {
                    write!(
                        f,
                        " {}#{} ({})",
                        claim.run_id, claim.execute_index, claim.attempt_id
                    )
                })
            }
            Event::Finished { outcomes, replies } => {
                write!(f, "Finished")?;
                outcomes.iter().zip(replies).try_for_each(|(outcome, reply)| {
                    write!(
                        f,
                        " {} ({}): {} -> {reply:?}",
                        outcome.run_id, outcome.attempt_id, outcome.status
                    )
                })
            }
            other => write!(f, "{other:?}"),
        }?;
        for run in &self.made.runs {
            let job = run.job_id.map(|job| job.to_string()).unwrap_or_default();
            write!(
                f,
                "\n    + run {} of job {job} for {} ({}) {:?}",
                run.id, run.scheduled_at, run.trigger, run.held
            )?;
        }
        for row in &self.made.skips {
            let job = row.job_id.map(|job| job.to_string()).unwrap_or_default();
            let until = row.scheduled_until.unwrap_or(row.scheduled_at);
            write!(
                f,
                "\n    + skip of job {job} for {}..{until} {:?} {:?}",
                row.scheduled_at, row.reason, row.blocked_by
            )?;
        }
        Ok(())
    }
}
