//! The journal writes what becomes of attempts, many in one commit: whatever waits when the last commit is done.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::Instant,
};
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    run::Outcome,
};
use wasmtab_store::{FinishReply, Store, StoreError};

use crate::{GATHER, backlog::Backlog, clock::Timer, controls::Controls, meters::SchedulerMeters};

/// Outcomes that one commit takes.
const BATCH: usize = 2_000;
/// Outcomes that may wait; beyond it attempts keep their places until the database takes more.
const QUEUE: usize = 16_384;
/// What they may hold together, in KiB: results and logs.
const ROOM: u32 = 64 << 10;
/// How long after its begin an attempt reads `running` at the latest.
const BEGIN_PERIOD: Duration = Duration::from_millis(500);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_millis(500);

enum Entry {
    /// The attempt has gone on for as long as its job's `warnAfter`.
    Late(RunId, AttemptId),
    /// The attempt has ended.
    Ended(Box<Outcome>, OwnedSemaphorePermit),
}

/// The end of the journal that attempts write to. The journal outlives it, and forgets an attempt once its outcome is written.
#[derive(Debug)]
pub(crate) struct Entries {
    sender: mpsc::Sender<Entry>,
    room: Arc<Semaphore>,
}

impl Entries {
    /// The attempt goes on for longer than somebody wanted.
    pub(crate) async fn late(&self, run: RunId, attempt: AttemptId) {
        let _ = self.sender.send(Entry::Late(run, attempt)).await;
    }

    /// The attempt has ended.
    pub(crate) async fn ended(&self, outcome: Outcome) {
        let size = u32::try_from(1 + outcome.size() / 1_024).unwrap_or(ROOM);
        let room = Arc::clone(&self.room).acquire_many_owned(size.min(ROOM)).await;
        // The semaphore is never closed.
        if let Ok(room) = room {
            let _ = self.sender.send(Entry::Ended(Box::new(outcome), room)).await;
        }
    }
}

pub(crate) fn channel() -> (Entries, Received) {
    let (sender, received) = mpsc::channel(QUEUE);
    let room = Arc::new(Semaphore::new(ROOM as usize));
    (Entries { sender, room }, Received(received))
}

/// The journal's own end.
#[derive(Debug)]
pub(crate) struct Received(mpsc::Receiver<Entry>);

pub(crate) struct Journal {
    store: Arc<dyn Store>,
    timer: Arc<dyn Timer>,
    controls: Arc<Controls>,
    meters: SchedulerMeters,
    /// What waits to begin, which comes first.
    backlog: Arc<Backlog>,
    entries: mpsc::Receiver<Entry>,
    /// Outcomes that no commit has taken yet. While there are some, no more entries are received.
    outcomes: Vec<Outcome>,
    /// What they hold.
    rooms: Vec<OwnedSemaphorePermit>,
    /// Attempts that are late, of which nobody was told yet.
    late: HashMap<AttemptId, RunId>,
    /// Whether it was said that the database does not take the outcomes.
    told: bool,
}

impl Journal {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        timer: Arc<dyn Timer>,
        controls: Arc<Controls>,
        meters: SchedulerMeters,
        backlog: Arc<Backlog>,
        received: Received,
    ) -> Self {
        Self {
            store,
            timer,
            controls,
            meters,
            backlog,
            entries: received.0,
            outcomes: Vec::with_capacity(BATCH),
            rooms: Vec::with_capacity(BATCH),
            late: HashMap::new(),
            told: false,
        }
    }

    /// Writes until every sender is gone and everything is written.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut next = Instant::now();
        let mut period = tokio::time::interval(BEGIN_PERIOD);
        period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                // Attempts that end faster than this loop turns must not keep others from reading `running`.
                _ = period.tick() => {
                    self.write_begins().await;
                    self.write_warnings().await;
                }
                received = self.entries.recv_many(&mut batch, BATCH) => {
                    if received == 0 {
                        return;
                    }
                    batch.drain(..).for_each(|entry| self.sort(entry));
                    // Where many fire in one instant, all begin before the first of them is written down as ended.
                    self.backlog.calm().await;
                    tokio::time::sleep_until(next).await;
                    next = Instant::now() + GATHER;
                    self.take_waiting();
                    // Before the outcomes: whoever waits for it hears of an attempt that was late, and then ended.
                    self.write_warnings().await;
                    while !self.write_outcomes().await {
                        tokio::time::sleep(BACKOFF).await;
                    }
                }
            }
        }
    }

    /// Writes what waits now. What the database does not take stays for the next step.
    pub(crate) async fn step(&mut self) {
        self.take_waiting();
        self.write_warnings().await;
        if self.write_outcomes().await {
            self.write_begins().await;
        }
    }

    fn take_waiting(&mut self) {
        while self.outcomes.len() < BATCH
            && let Ok(entry) = self.entries.try_recv()
        {
            self.sort(entry);
        }
    }

    fn sort(&mut self, entry: Entry) {
        match entry {
            Entry::Late(run, attempt) => {
                self.late.insert(attempt, run);
            }
            Entry::Ended(outcome, room) => {
                self.outcomes.push(*outcome);
                self.rooms.push(room);
            }
        }
    }

    /// Writes the outcomes that wait; false when they have to wait longer, however long: they are known only here.
    async fn write_outcomes(&mut self) -> bool {
        if self.outcomes.is_empty() {
            return true;
        }
        let count = self.outcomes.len();
        match self.store.finish(&self.outcomes, self.timer.now()).await {
            Ok(replies) => {
                for (outcome, reply) in self.outcomes.iter().zip(replies) {
                    self.meters.written(outcome, reply);
                    if reply == FinishReply::Refused {
                        let attempt = outcome.attempt_id;
                        tracing::warn!(%attempt, "the outcome of attempt {attempt} came after its claim was lost");
                    }
                }
            }
            Err(error @ StoreError::Transient(_)) => {
                if !self.told {
                    tracing::error!(%error, "{count} outcomes wait for the database: {error}");
                    self.told = true;
                }
                return false;
            }
            Err(error @ StoreError::Permanent(_)) => {
                tracing::error!(%error, "{count} outcomes are lost, a restart repeats their runs: {error}");
            }
        }
        for outcome in &self.outcomes {
            self.late.remove(&outcome.attempt_id);
        }
        self.controls
            .remove(self.outcomes.drain(..).map(|outcome| outcome.attempt_id));
        self.rooms.clear();
        self.told = false;
        true
    }

    async fn write_warnings(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let late: Vec<_> = self.late.iter().map(|(attempt, run)| (*run, *attempt)).collect();
        match self.store.warn(&late, self.timer.now()).await {
            Ok(()) => self.late.clear(),
            Err(error) => tracing::warn!(%error, "attempts that are late are not told yet: {error}"),
        }
    }

    async fn write_begins(&mut self) {
        let begins = self.controls.unwritten_begins();
        if begins.is_empty() {
            return;
        }
        match self.store.mark_running(&begins).await {
            Ok(()) => self.controls.begins_are_written(&begins),
            Err(error) => tracing::warn!(%error, "begins are not written yet: {error}"),
        }
    }
}
