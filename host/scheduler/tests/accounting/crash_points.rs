//! One short story, told once for every write in it and every fault at that write.

use wasmtab_store::conformance::at;

use crate::{
    auditor::audit,
    faults::{Fault, Plan},
    sound,
    world::{Step, World},
};

/// The seed that draws what the steps leave open.
const SEED: u64 = 12;

const STORY: &[Step] = &[
    Step::Create,
    Step::Create,
    Step::Create,
    Step::Doze,
    Step::End,
    Step::Record,
    Step::Trigger,
    Step::Doze,
    Step::Pause,
    Step::Doze,
    Step::End,
    Step::Cancel,
    Step::Record,
    Step::Edit,
    Step::Ahead,
    Step::Keep,
    Step::SetBack,
    Step::Tick,
    Step::Resume,
    Step::Call,
    Step::Backfill,
    Step::Handler,
    Step::Activate,
    Step::Bulk,
    Step::Repeat,
    Step::CancelMany,
    Step::Calendar,
    Step::Doze,
    Step::Delete,
    Step::Restart,
    Step::Tick,
];

/// Tells the story, and how many writes were in it.
async fn tell(plan: Plan) -> u64 {
    let said = format!("{plan:?}");
    let mut world = World::new(SEED, at(0), plan, sound);
    world.begin().await;
    for step in STORY {
        world.perform(*step).await;
    }
    let writes = world.faults.writes();
    let rests = world.rest().await;
    let entries = world.chronicle.entries();
    let store = world.open_to_look().await;
    let audit = audit(&entries, rests, &*store).await;
    assert!(audit.findings.is_empty(), "{said}: {:#?}", audit.findings);
    writes
}

fn tell_with(faults: &[Fault]) {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let writes = runtime().block_on(tell(Plan::Never));
    assert!(writes > 30, "the story has {writes} writes");
    for number in 0..writes {
        for fault in faults {
            runtime().block_on(tell(Plan::At(number, *fault)));
        }
    }
}

/// Dying after a write is dying before the next one.
#[test]
fn a_crash_between_any_two_writes_changes_nothing() {
    tell_with(&[Fault::DiesAfter]);
}

#[test]
fn a_failure_at_any_write_changes_nothing() {
    tell_with(&[Fault::Refused, Fault::Unanswered]);
}
