//! Missed fires: those that no planner was there to release within five seconds.

use wasmtab_domain::{
    policy::{Misfire, Overlap},
    status::SkipReason,
    time::Timestamp,
};

use super::{Case, Start, Verdict};

const GRACE_MICROS: i64 = 5_000_000;

pub(in super::super) fn is_missed(fire: Timestamp, now: Timestamp) -> bool {
    now.as_micros() - fire.as_micros() > GRACE_MICROS
}

pub(super) fn rule(case: &Case<'_>) -> Option<Verdict> {
    if !is_missed(case.fire, case.now) {
        return None;
    }
    let age = case.now.as_micros() - case.fire.as_micros();
    let window = case.spec.catch_up_window.as_secs() as i64 * 1_000_000;
    let runs = match case.spec.misfire {
        Misfire::Latest => case.newest_missed == Some(case.fire),
        Misfire::All => age <= window,
        Misfire::Skip => false,
    };
    Some(if runs {
        // Catching up goes one after another, and asks nobody to end.
        Verdict::Runs(Start {
            held: !case.active.is_empty() && case.spec.overlap != Overlap::Allow,
            cancels: false,
        })
    } else {
        Verdict::Skipped(SkipReason::Misfire)
    })
}
