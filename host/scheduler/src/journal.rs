//! The journal writes what becomes of attempts, many in one commit: whatever waits when the last commit is done.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use wasmtab_domain::{
    ids::{AttemptId, RunId},
    run::Outcome,
    time::Timestamp,
};
use wasmtab_store::{FinishReply, Store, StoreError};

use crate::{clock::Timer, meters::SchedulerMeters};

/// Outcomes that one commit takes.
const BATCH: usize = 500;
/// Outcomes that may wait; beyond it attempts keep their places until the database takes more.
const QUEUE: usize = 4_096;
/// How long after its begin an attempt reads `running` at the latest.
const BEGIN_PERIOD: Duration = Duration::from_millis(500);
/// How long a database that does not answer is left alone.
const BACKOFF: Duration = Duration::from_millis(500);

pub(crate) enum Entry {
    /// The guest has begun.
    Begun(AttemptId, Timestamp),
    /// The attempt has gone on for as long as its job's `warnAfter`.
    Late(RunId, AttemptId),
    /// The attempt has ended.
    Ended(Box<Outcome>),
}

/// The end of the journal that attempts write to.
pub(crate) type Entries = mpsc::Sender<Entry>;

pub(crate) fn channel() -> (Entries, mpsc::Receiver<Entry>) {
    mpsc::channel(QUEUE)
}

pub(crate) struct Journal {
    pub store: Arc<dyn Store>,
    pub timer: Arc<dyn Timer>,
    pub meters: SchedulerMeters,
}

impl Journal {
    /// Writes until every sender is gone and everything is written.
    pub(crate) async fn run(self, mut entries: mpsc::Receiver<Entry>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut begun: HashMap<AttemptId, Timestamp> = HashMap::new();
        let mut late: HashMap<AttemptId, RunId> = HashMap::new();
        let mut period = tokio::time::interval(BEGIN_PERIOD);
        period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                received = entries.recv_many(&mut batch, BATCH) => {
                    if received == 0 {
                        return;
                    }
                    let mut outcomes = Vec::with_capacity(batch.len());
                    for entry in batch.drain(..) {
                        match entry {
                            Entry::Begun(attempt, at) => {
                                begun.insert(attempt, at);
                            }
                            Entry::Late(run, attempt) => {
                                late.insert(attempt, run);
                            }
                            Entry::Ended(outcome) => {
                                begun.remove(&outcome.attempt_id);
                                outcomes.push(*outcome);
                            }
                        }
                    }
                    // Before the outcomes: whoever waits for it hears of an attempt that was late, and then ended.
                    if !late.is_empty() {
                        self.warn(&mut late).await;
                    }
                    for outcome in &outcomes {
                        late.remove(&outcome.attempt_id);
                    }
                    if !outcomes.is_empty() {
                        self.finish(&outcomes).await;
                    }
                }
                _ = period.tick(), if !begun.is_empty() || !late.is_empty() => {
                    if !begun.is_empty() {
                        self.mark_running(&mut begun).await;
                    }
                    if !late.is_empty() {
                        self.warn(&mut late).await;
                    }
                }
            }
        }
    }

    /// Writes outcomes however long the database takes: they are known only here.
    async fn finish(&self, outcomes: &[Outcome]) {
        let mut told = false;
        loop {
            match self.store.finish(outcomes, self.timer.now()).await {
                Ok(replies) => {
                    for (outcome, reply) in outcomes.iter().zip(replies) {
                        self.meters.written(outcome, reply);
                        if reply == FinishReply::Refused {
                            let attempt = outcome.attempt_id;
                            tracing::warn!(%attempt, "the outcome of attempt {attempt} came after its claim was lost");
                        }
                    }
                    return;
                }
                Err(error @ StoreError::Transient(_)) => {
                    if !told {
                        tracing::error!(%error, "{} outcomes wait for the database: {error}", outcomes.len());
                        told = true;
                    }
                    tokio::time::sleep(BACKOFF).await;
                }
                Err(error @ StoreError::Permanent(_)) => {
                    tracing::error!(%error, "{} outcomes are lost, a restart repeats their runs: {error}", outcomes.len());
                    return;
                }
            }
        }
    }

    async fn warn(&self, late: &mut HashMap<AttemptId, RunId>) {
        let tokens: Vec<_> = late.iter().map(|(attempt, run)| (*run, *attempt)).collect();
        match self.store.warn(&tokens, self.timer.now()).await {
            Ok(()) => late.clear(),
            Err(error) => tracing::warn!(%error, "attempts that are late are not told yet: {error}"),
        }
    }

    async fn mark_running(&self, begun: &mut HashMap<AttemptId, Timestamp>) {
        let marks: Vec<_> = begun.iter().map(|(attempt, at)| (*attempt, *at)).collect();
        match self.store.mark_running(&marks).await {
            Ok(()) => begun.clear(),
            Err(error) => tracing::warn!(%error, "begins are not written yet: {error}"),
        }
    }
}
