//! A pause: its fires do not run.

use wasmtab_domain::{status::SkipReason, time::Timestamp};

use super::{Case, Pause, Verdict};

pub(super) fn rule(case: &Case<'_>) -> Option<Verdict> {
    holds(case.pause, case.fire).then_some(Verdict::Skipped(SkipReason::Paused))
}

pub(super) fn holds(pause: Option<Pause>, fire: Timestamp) -> bool {
    pause.is_some_and(|pause| pause.covers(fire))
}
