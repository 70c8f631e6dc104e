//! Which misfortunes come, in which order and after how much progress: all of it from the seed alone.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::fault::Fault;

/// What is drawn from again and again until there were enough kills: how a process may end or suffer.
const DECK: &[Kind] = &[
    Kind::Kill,
    Kind::Kill,
    Kind::Kill,
    Kind::Kill,
    Kind::Kill,
    Kind::Kill,
    Kind::KillAtStart,
    Kind::KillInDrain,
    Kind::Terminate,
    Kind::Freeze,
    Kind::Disk,
    Kind::Descriptors,
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Kill,
    KillAtStart,
    KillInDrain,
    Terminate,
    Freeze,
    Disk,
    Descriptors,
}

/// A misfortune, and the progress before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub fault: Fault,
    /// Rows by which the log must have grown.
    pub rows: i64,
}

/// Every misfortune of a trial with at least so many kills.
pub(crate) fn moments(seed: u64, kills: u32, jobs: u32) -> Vec<Moment> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut moments = Vec::new();
    let mut killed = 0;
    while killed < kills {
        let mut deck = DECK.to_vec();
        deck.shuffle(&mut rng);
        for kind in deck {
            let fault = draw(kind, &mut rng);
            killed += u32::from(fault.is_a_kill());
            // From a moment to about two seconds of load.
            let rows = rng.random_range(1..=i64::from(jobs) * 6);
            moments.push(Moment { fault, rows });
        }
    }
    moments
}

fn draw(kind: Kind, rng: &mut StdRng) -> Fault {
    match kind {
        Kind::Kill => Fault::Kill,
        Kind::KillAtStart => Fault::KillAtStart,
        Kind::KillInDrain => Fault::KillInDrain,
        Kind::Terminate => Fault::Terminate,
        Kind::Freeze => Fault::Freeze {
            seconds: rng.random_range(1..=7),
        },
        Kind::Disk => Fault::Disk {
            bytes: [0, 64 * 1024, 1024 * 1024][rng.random_range(0..3)],
            then_kill: rng.random_bool(0.3),
        },
        Kind::Descriptors => Fault::Descriptors {
            more: rng.random_range(0..3),
            then_kill: rng.random_bool(0.3),
        },
    }
}
