//! The real store, seen through a tap: what is committed is written into the chronicle, and every write may meet a fault.
//!
//! Underneath sits the [`Bug`], which for the product as it is changes nothing.

mod calendars;
mod jobs;
mod nodes;
mod plugins;
mod runs;
mod seating;
mod through;

use std::{
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
};

use wasmtab_domain::{
    run::Run,
    status::AttemptStatus,
    time::{Clock, Timestamp},
};
use wasmtab_store::{AttemptFilter, Desk, Hints, RunFilter, RunStore, Store, StoreMeters, StoreResult};

use self::seating::Seating;
use crate::{
    bugs::{Bug, Real},
    chronicle::{Chronicle, Event, Made},
    clock::SimClock,
    faults::{Faults, Life},
};

/// Rows that one look for new ones takes.
const PAGE: u32 = 20;

/// The database as one process sees it.
#[derive(Debug)]
pub(crate) struct Tap {
    real: Real,
    bug: Box<dyn Bug>,
    life: Life,
    faults: Arc<Faults>,
    chronicle: Arc<Chronicle>,
    clock: Arc<SimClock>,
    seating: Arc<Seating>,
    /// The newest id that was looked at. Ids rise with every commit, whatever the clock does.
    newest: AtomicI64,
}

impl Tap {
    pub(crate) async fn open(
        file: &Path,
        bug: Box<dyn Bug>,
        faults: Arc<Faults>,
        chronicle: Arc<Chronicle>,
        clock: Arc<SimClock>,
    ) -> Self {
        let real = Real::open(file).await;
        bug.opened(&real).await;
        let seating = Seating::new(Arc::clone(&faults));
        if let Some(desk) = real.store.desk() {
            let attendant: Weak<Seating> = Arc::downgrade(&seating);
            desk.attend(attendant);
        }
        let tap = Self {
            real,
            bug,
            life: Life::default(),
            faults,
            chronicle,
            clock,
            seating,
            newest: AtomicI64::new(0),
        };
        tap.made().await;
        tap
    }

    /// Whether the process has died of a fault.
    pub(crate) fn is_dead(&self) -> bool {
        self.life.is_over()
    }

    /// Carries a write out, unless a fault is in the way, and writes down what it was.
    async fn write<T>(
        &self,
        what: &'static str,
        at: Option<Timestamp>,
        work: impl Future<Output = StoreResult<T>>,
        event: impl FnOnce(&T) -> Option<Event>,
    ) -> StoreResult<T> {
        let at = at.unwrap_or_else(|| self.clock.now());
        let work = async {
            match work.await {
                Ok(value) => {
                    let mut made = self.made().await;
                    self.seating.complete(&mut made);
                    if let Some(event) = event(&value) {
                        self.chronicle.note(at, event, made);
                        for seated in self.seating.events() {
                            self.chronicle.note(at, seated, Made::default());
                        }
                    }
                    Ok(value)
                }
                Err(error) => {
                    let failed = Event::Failed {
                        what,
                        error: error.to_string(),
                    };
                    self.chronicle.note(at, failed, Made::default());
                    Err(error)
                }
            }
        };
        let written = self.life.write(&self.faults, work).await;
        self.seating.settle(written.is_ok(), self.is_dead());
        written
    }

    /// The runs and skipped rows that were made since the last look.
    async fn made(&self) -> Made {
        let store = &self.real.store;
        let last = self.newest.load(Ordering::Relaxed);
        let mut newest = last;
        let mut made = Made::default();

        let mut before = None;
        loop {
            let page = store.runs(&RunFilter::default(), before, PAGE).await.unwrap();
            let position = |run: &Run| run.attempt_id.map_or(run.id.0, |attempt| attempt.0);
            let is_old = page.items.last().is_none_or(|run| position(run) <= last);
            for run in page.items {
                newest = newest.max(position(&run));
                if run.id.0 > last {
                    made.runs.push(run);
                }
            }
            before = page.next;
            if is_old || before.is_none() {
                break;
            }
        }

        let filter = AttemptFilter {
            status: Some(AttemptStatus::Skipped),
            ..AttemptFilter::default()
        };
        let mut before = None;
        loop {
            let page = store.attempts(&filter, before, PAGE).await.unwrap();
            let is_old = page.items.last().is_none_or(|row| row.id.0 <= last);
            for row in page.items {
                newest = newest.max(row.id.0);
                if row.id.0 > last {
                    made.skips.push(row);
                }
            }
            before = page.next;
            if is_old || before.is_none() {
                break;
            }
        }
        self.newest.store(newest, Ordering::Relaxed);
        made.runs.sort_by_key(|run| run.id);
        made.skips.sort_by_key(|row| row.id);
        made
    }
}

impl Store for Tap {
    fn hints(&self) -> &Hints {
        self.real.store.hints()
    }

    fn desk(&self) -> Option<&Desk> {
        Some(&self.seating.desk)
    }

    fn meters(&self) -> &StoreMeters {
        self.real.store.meters()
    }
}
