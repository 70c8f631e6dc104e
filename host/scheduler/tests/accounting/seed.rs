//! Playing a seed from its begin to the audit.

use rand::{Rng, SeedableRng, rngs::StdRng};
use wasmtab_auditor::{Finding, Record};
use wasmtab_store::{Store, conformance::at};

use crate::{
    auditor::{Audit, audit},
    bugs::Plant,
    chronicle::Entry,
    faults::{Fault, Plan},
    world::{Step, World},
};

/// A seed that was played.
#[derive(Debug)]
pub(crate) struct Played {
    pub steps: Vec<Step>,
    pub faults: Vec<Fault>,
    pub entries: Vec<Entry>,
    pub audit: Audit,
}

/// The one command that plays it again.
pub(crate) fn replay_command(seed: u64) -> String {
    format!(
        "WASMTAB_SIM_SEED={seed} cargo test -p wasmtab-scheduler --test accounting one_seed -- --nocapture"
    )
}

/// Plays a seed on a store with `plant` in it.
pub(crate) fn play(seed: u64, plant: Plant) -> Played {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(run(seed, plant))
}

async fn run(seed: u64, plant: Plant) -> Played {
    // What the world is like is drawn apart from what happens in it.
    let mut rng = StdRng::seed_from_u64(!seed);
    let per_mille = [0, 10, 30, 30, 60, 150][rng.random_range(0..6)];
    // A Monday in winter, or the hour before Berlin's clocks change.
    let begin = if rng.random_ratio(1, 4) {
        at(82 * 86_400 + 85_000)
    } else {
        at(rng.random_range(0..86_400))
    };
    let mut world = World::new(seed, begin, Plan::often(per_mille, seed), plant);
    world.begin().await;
    let mut steps = Vec::new();
    for _ in 0..rng.random_range(60..120) {
        steps.push(world.step().await);
    }
    let rests = world.rest().await;
    let entries = world.chronicle.entries();
    let store = world.open_to_look().await;
    let mut audit = audit(&entries, rests, &*store).await;
    if world.keeps_time() {
        by_the_record_alone(&mut audit, &*store).await;
    }
    Played {
        steps,
        faults: world.faults.injected(),
        audit,
        entries,
    }
}

/// Whoever knows only what the database says must come to the same.
async fn by_the_record_alone(audit: &mut Audit, store: &dyn Store) {
    let record = Record::read(store).await.unwrap();
    let alone = wasmtab_auditor::audit(&record);
    let findings = alone.findings.into_iter();
    audit.findings.extend(findings.map(|finding| Finding {
        text: format!("by the record alone: {}", finding.text),
        ..finding
    }));
    let seen = alone.tally.into_iter();
    audit
        .tally
        .extend(seen.map(|(what, count)| (format!("record: {what}"), count)));
}
