//! One step of a simulated world, drawn by weight.

use std::{sync::Arc, time::Duration};

use rand::{
    Rng,
    distr::{Distribution, weighted::WeightedIndex},
    seq::IndexedRandom,
};
use wasmtab_domain::{status::AttemptStatus, time::Clock};
use wasmtab_store::{JobStore, RunStore};

use super::World;
use crate::{chronicle::Event, guests::Ending};

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// A few seconds pass, and every duty has its turn.
    Tick,
    /// Longer than the grace passes before the planner looks.
    Doze,
    Plan,
    /// The fires of the next instant are prepared, and the clock comes to it, or does not.
    Ahead,
    Claim,
    Record,
    Keep,
    /// Some guests end.
    End,
    Create,
    Edit,
    Pause,
    Resume,
    Delete,
    Trigger,
    Backfill,
    Call,
    Cancel,
    /// The process dies and another starts at once.
    Crash,
    /// The process is shut down in good order and started again.
    Restart,
    /// No process lives for some time.
    Outage,
    JumpAhead,
    SetBack,
    /// A calendar gets other windows.
    Calendar,
    /// A handler is held, let go, or bounded.
    Handler,
    /// Work that went on elsewhere is reported done.
    Complete,
    /// A version of the plugin is activated.
    Activate,
    /// Several jobs are changed at once.
    Bulk,
    /// Several runs are asked to end at once.
    CancelMany,
    /// Ended runs are carried out once more.
    Repeat,
    /// An outcome is reported again, or by a process that was believed dead.
    Echo,
}

/// How often each happens.
const WEIGHTS: &[(Step, u32)] = &[
    (Step::Tick, 40),
    (Step::Doze, 6),
    (Step::Plan, 4),
    (Step::Ahead, 8),
    (Step::Claim, 6),
    (Step::Record, 6),
    (Step::Keep, 4),
    (Step::End, 14),
    (Step::Create, 8),
    (Step::Edit, 6),
    (Step::Pause, 4),
    (Step::Resume, 4),
    (Step::Delete, 1),
    (Step::Trigger, 4),
    (Step::Backfill, 2),
    (Step::Call, 2),
    (Step::Cancel, 3),
    (Step::Crash, 2),
    (Step::Restart, 1),
    (Step::Outage, 3),
    (Step::JumpAhead, 2),
    (Step::SetBack, 2),
    (Step::Calendar, 2),
    (Step::Handler, 3),
    (Step::Complete, 4),
    (Step::Activate, 3),
    (Step::Bulk, 2),
    (Step::CancelMany, 1),
    (Step::Repeat, 4),
    (Step::Echo, 2),
];

impl Step {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        WEIGHTS.iter().map(|(step, _)| *step)
    }
}

impl World {
    /// Lets one thing happen, and tells which.
    pub(crate) async fn step(&mut self) -> Step {
        let weights = WeightedIndex::new(WEIGHTS.iter().map(|(_, weight)| *weight)).unwrap();
        let (step, _) = WEIGHTS[weights.sample(&mut self.rng)];
        self.perform(step).await;
        step
    }

    /// Lets this happen.
    pub(crate) async fn perform(&mut self, step: Step) {
        if self.up.is_none() {
            self.boot().await;
        }
        self.take(step).await;
        self.bury().await;
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Tick => {
                let millis = self.rng.random_range(100..=6_000);
                self.advance(Duration::from_millis(millis));
                self.round().await;
            }
            Step::Doze => {
                let secs = self.rng.random_range(6..=90);
                self.advance(Duration::from_secs(secs));
                self.round().await;
            }
            Step::Plan => self.plan().await,
            Step::Ahead => self.ahead().await,
            Step::Claim => self.claim().await,
            Step::Record => self.record().await,
            Step::Keep => self.keep().await,
            Step::End => self.end_some(0.5).await,
            Step::Create => self.create().await,
            Step::Edit => self.edit().await,
            Step::Pause => self.pause().await,
            Step::Resume => self.resume().await,
            Step::Delete => self.delete().await,
            Step::Trigger => self.trigger().await,
            Step::Backfill => self.fill_back().await,
            Step::Call => self.call().await,
            Step::Cancel => self.cancel().await,
            Step::Crash => {
                self.die();
                self.boot().await;
            }
            Step::Restart => {
                self.restart().await;
                self.boot().await;
            }
            Step::Outage => {
                self.die();
                let secs = self.length();
                self.advance(Duration::from_secs(secs));
            }
            Step::JumpAhead => {
                let secs = self.length();
                self.advance(Duration::from_secs(secs));
            }
            Step::SetBack if self.keeps_time => {}
            Step::SetBack => {
                let micros = self.length() * 1_000_000 / 2;
                self.clock.set(self.now().minus(Duration::from_micros(micros)));
            }
            Step::Calendar => self.calendar().await,
            Step::Handler => self.handler().await,
            Step::Complete => self.complete().await,
            Step::Activate => self.activate().await,
            Step::Bulk => self.bulk().await,
            Step::CancelMany => self.cancel_many().await,
            Step::Repeat => self.repeat().await,
            Step::Echo => self.echo().await,
        }
    }

    /// Mostly minutes, sometimes hours.
    fn length(&mut self) -> u64 {
        match self.rng.random_range(0..10) {
            0..4 => self.rng.random_range(1..=20),
            4..8 => self.rng.random_range(20..=600),
            _ => self.rng.random_range(600..=4 * 3_600),
        }
    }

    async fn round(&mut self) {
        self.plan().await;
        self.claim().await;
        self.end_some(0.3).await;
        self.record().await;
    }

    pub(crate) async fn plan(&mut self) {
        if let Some(up) = self.up() {
            up.process.plan().await;
        }
    }

    async fn ahead(&mut self) {
        let Some(up) = self.up.as_mut() else { return };
        let (now, at) = (self.clock.now(), up.process.plan().await);
        if at <= now {
            return;
        }
        let comes = match self.rng.random_range(0..8) {
            0 => None,
            1 => Some(at.plus(Duration::from_millis(self.rng.random_range(1..9_000)))),
            _ => Some(at),
        };
        let clock = Arc::clone(&self.clock);
        let come = Box::pin(async move { comes.inspect(|then| clock.set(*then)).is_some() });
        let limit = self.rng.random_range(1..=20);
        let _ = up.tap.release_at(at, limit, come).await;
    }

    pub(crate) async fn claim(&mut self) {
        if let Some(up) = self.up() {
            up.process.claim().await;
        }
        self.turn().await;
    }

    pub(crate) async fn record(&mut self) {
        self.turn().await;
        if let Some(up) = self.up() {
            up.process.record().await;
        }
    }

    pub(crate) async fn keep(&mut self) {
        if let Some(up) = self.up() {
            up.process.keep().await;
        }
        self.turn().await;
    }

    /// Every guest that goes on ends with the probability `share`.
    async fn end_some(&mut self, share: f64) {
        for attempt in self.guests.going() {
            if self.rng.random_bool(share) {
                let ending = self.ending();
                self.guests.end(attempt, ending);
            }
        }
        self.turn().await;
    }

    fn ending(&mut self) -> Ending {
        let status = match self.rng.random_range(0..22) {
            0..9 => AttemptStatus::Success,
            9..13 => AttemptStatus::Failure,
            13 => {
                return Ending {
                    permanent: true,
                    ..Ending::of(AttemptStatus::Failure)
                };
            }
            14..16 => AttemptStatus::Trap,
            16 => AttemptStatus::Timeout,
            17 => AttemptStatus::OutOfFuel,
            18 => AttemptStatus::Denied,
            19 => AttemptStatus::NoHandler,
            _ => {
                let secs = self.rng.random_range(10..=300);
                return Ending::pending(Duration::from_secs(secs));
            }
        };
        Ending::of(status)
    }

    async fn restart(&mut self) {
        if let Some(up) = self.up() {
            up.process.abandon();
        }
        self.record().await;
        self.bury().await;
        if let Some(up) = self.up.take() {
            self.echoes.extend(self.guests.die());
            let boot = up.boot;
            up.process.retire().await;
            self.gone(boot);
        }
    }

    async fn echo(&mut self) {
        let mut outcomes = self.echoes.clone();
        for entry in self.chronicle.entries() {
            if let Event::Finished { outcomes: said, .. } = entry.event {
                outcomes.extend(said);
            }
        }
        // What was said of a run that goes on matters most.
        let active = self.active_runs().await;
        let of_active: Vec<_> = outcomes
            .iter()
            .filter(|outcome| active.contains(&outcome.run_id))
            .cloned()
            .collect();
        if !of_active.is_empty() && self.rng.random_bool(0.7) {
            outcomes = of_active;
        }
        let Some(outcome) = outcomes.choose(&mut self.rng).cloned() else {
            return;
        };
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.finish(&[outcome], now).await;
        }
    }
}
