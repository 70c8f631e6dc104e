//! What goes wrong with the database and the process, write by write.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use wasmtab_store::StoreError;

/// What becomes of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is written, and the caller hears so.
    Refused,
    /// It is committed, and the caller hears of a failure.
    Unanswered,
    /// The process dies before anything is written.
    DiesBefore,
    /// The process dies after the commit, before it hears of it.
    DiesAfter,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Refused, Self::Unanswered, Self::DiesBefore, Self::DiesAfter];

    fn error(self) -> StoreError {
        StoreError::Transient(format!("simulated: {self:?}"))
    }
}

/// Which writes meet which fault.
#[derive(Debug)]
pub(crate) enum Plan {
    /// None.
    Never,
    /// Each one of a thousand in this many, drawn from a source of its own.
    Often(u32, Box<StdRng>),
    /// Only the one of this number.
    At(u64, Fault),
}

impl Plan {
    pub(crate) fn often(per_mille: u32, seed: u64) -> Self {
        Self::Often(per_mille, Box::new(StdRng::seed_from_u64(seed)))
    }
}

/// Decides the fate of every write of a simulated world.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: Mutex<Plan>,
    writes: AtomicU64,
    injected: Mutex<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            plan: Mutex::new(plan),
            writes: AtomicU64::new(0),
            injected: Mutex::default(),
        }
    }

    /// This happens to the next write, and nothing to those after it.
    pub(crate) fn next_is(&self, fault: Fault) {
        *self.plan.lock().unwrap() = Plan::At(self.writes(), fault);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn stop(&self) {
        *self.plan.lock().unwrap() = Plan::Never;
    }

    /// Writes so far.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Everything that went wrong so far.
    pub(crate) fn injected(&self) -> Vec<Fault> {
        self.injected.lock().unwrap().clone()
    }

    fn draw(&self) -> Option<Fault> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let fault = match &mut *self.plan.lock().unwrap() {
            Plan::Never => None,
            Plan::Often(per_mille, rng) => rng
                .random_ratio(*per_mille, 1_000)
                .then(|| Fault::ALL[rng.random_range(0..Fault::ALL.len())]),
            Plan::At(at, fault) => (*at == number).then_some(*fault),
        };
        self.injected.lock().unwrap().extend(fault);
        fault
    }

    /// How many runs a claim finds places for, and how many of them go by age, where it asked for `wanted`.
    pub(crate) fn places(&self, wanted: (u32, u32)) -> (u32, u32) {
        match &mut *self.plan.lock().unwrap() {
            Plan::Often(_, rng) if self.writes().is_multiple_of(2) => {
                (rng.random_range(1..=3), rng.random_range(0..=4) / 4)
            }
            _ => wanted,
        }
    }
}

/// Whether one process lives. A dead one reaches its database no more.
#[derive(Debug, Default)]
pub(crate) struct Life(AtomicBool);

impl Life {
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Carries one write out, or lets it fail as the plan says.
    pub(crate) async fn write<T>(
        &self,
        faults: &Faults,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.is_over() {
            return Err(Fault::DiesBefore.error());
        }
        let fault = faults.draw();
        if let Some(before @ (Fault::Refused | Fault::DiesBefore)) = fault {
            self.0.fetch_or(before == Fault::DiesBefore, Ordering::Relaxed);
            return Err(before.error());
        }
        let value = work.await?;
        match fault {
            Some(after) => {
                self.0.fetch_or(after == Fault::DiesAfter, Ordering::Relaxed);
                Err(after.error())
            }
            None => Ok(value),
        }
    }
}
