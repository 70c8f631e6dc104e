//! A simulated world: one data directory, a clock, a process that comes and goes, and people who want things.

mod many;
mod operators;
mod rest;
mod specs;
mod steps;
mod surroundings;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rand::{SeedableRng, rngs::StdRng};
use tempfile::TempDir;
use tokio::runtime::Handle;
use wasmtab_domain::{
    ids::BootId,
    retention::Retention,
    run::Outcome,
    time::{Clock, Timestamp},
};
use wasmtab_scheduler::{Config, Process};

pub(crate) use self::steps::Step;
use crate::{
    bugs::Plant,
    chronicle::{Chronicle, Event, Made},
    clock::SimClock,
    faults::{Faults, Plan},
    guests::{Guests, Playground},
    tap::Tap,
};

/// Places for attempts: so many that one claim always may take its whole batch, whatever goes on.
const PLACES: u32 = 16_000;
/// Turns that everything which can go on by itself is given: a guest's end is in the journal after three.
const TURNS: usize = 20;

/// What a seed plays in.
#[derive(Debug)]
pub(crate) struct World {
    pub chronicle: Arc<Chronicle>,
    pub faults: Arc<Faults>,
    pub clock: Arc<SimClock>,
    pub guests: Arc<Guests>,
    rng: StdRng,
    /// Whether a handler of this world may be held or bounded.
    bounds: bool,
    /// Whether the wall clock of this world never goes back.
    keeps_time: bool,
    plant: Plant,
    file: PathBuf,
    up: Option<Up>,
    boots: i64,
    names: u32,
    /// Outcomes that were reported before, or by processes that are gone.
    echoes: Vec<Outcome>,
    _directory: TempDir,
}

/// A process that lives.
pub(crate) struct Up {
    pub tap: Arc<Tap>,
    pub process: Process<Playground>,
    boot: BootId,
}

impl std::fmt::Debug for Up {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Up")
            .field("boot", &self.boot)
            .finish_non_exhaustive()
    }
}

impl World {
    /// An empty database at `begin`, and nobody there yet.
    pub(crate) fn new(seed: u64, begin: Timestamp, plan: Plan, plant: Plant) -> Self {
        let directory = scratch();
        Self {
            chronicle: Arc::default(),
            faults: Arc::new(Faults::new(plan)),
            clock: Arc::new(SimClock::at(begin)),
            guests: Arc::default(),
            rng: StdRng::seed_from_u64(seed),
            bounds: seed.is_multiple_of(4),
            keeps_time: !seed.is_multiple_of(3),
            plant,
            file: directory.path().join("wasmtab.db"),
            up: None,
            boots: 0,
            names: 0,
            echoes: Vec::new(),
            _directory: directory,
        }
    }

    /// Whether the wall clock never goes back here, so that the record alone tells everything.
    pub(crate) fn keeps_time(&self) -> bool {
        self.keeps_time
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.set(self.now().plus(by));
    }

    /// Starts a process; a fault may end it before it has taken over.
    pub(crate) async fn boot(&mut self) {
        self.boots += 1;
        let boot = BootId(self.boots);
        let tap = self.open().await;
        let config = Config {
            node: "node".into(),
            boot_id: boot,
            concurrency: PLACES,
            retention: Retention::all(Duration::from_hours(24)),
            guests: Handle::current(),
            replan: false,
        };
        let playground = Playground {
            guests: Arc::clone(&self.guests),
            clock: Arc::clone(&self.clock),
            chronicle: Arc::clone(&self.chronicle),
            owner: boot,
        };
        let (store, clock) = (Arc::clone(&tap), Arc::clone(&self.clock));
        match Process::take_over(config, store, clock, Arc::new(playground)).await {
            Ok(process) => self.up = Some(Up { tap, process, boot }),
            Err(_) => self.gone(boot),
        }
        self.bury().await;
    }

    /// The database for somebody who only looks.
    pub(crate) async fn open_to_look(&mut self) -> Arc<Tap> {
        match self.up.take() {
            Some(up) => up.tap,
            None => self.open().await,
        }
    }

    async fn open(&self) -> Arc<Tap> {
        let tap = Tap::open(
            &self.file,
            (self.plant)(),
            Arc::clone(&self.faults),
            Arc::clone(&self.chronicle),
            Arc::clone(&self.clock),
        );
        Arc::new(tap.await)
    }

    /// The process, if one lives.
    pub(crate) fn up(&mut self) -> Option<&mut Up> {
        self.up.as_mut()
    }

    /// Lets everything go on that can without the clock, the database or an order.
    pub(crate) async fn turn(&self) {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }

    /// Ends the process as a power cut does.
    pub(crate) fn die(&mut self) {
        if let Some(up) = self.up.take() {
            self.echoes.extend(self.guests.die());
            self.gone(up.boot);
        }
    }

    fn gone(&self, boot: BootId) {
        self.chronicle
            .note(self.now(), Event::Gone(boot), Made::default());
    }

    /// Notices that a fault has ended the process.
    async fn bury(&mut self) {
        self.turn().await;
        if self.up.as_ref().is_some_and(|up| up.tap.is_dead()) {
            self.die();
        }
    }
}

/// A directory in memory where there is one: a commit waits for no disk there.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}
