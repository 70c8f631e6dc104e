//! Overlap: a fire on time, or a start by hand or by a chain, while runs of the job are active.

use wasmtab_domain::{policy::Overlap, status::SkipReason};

use super::{Active, Case, Start, Verdict};

/// Runs that may wait.
const MOST: usize = 1_000;

pub(super) fn verdict(case: &Case<'_>) -> Verdict {
    match start(case.spec.overlap, case.active) {
        Some(start) => Verdict::Runs(start),
        None => Verdict::Skipped(SkipReason::Overlap),
    }
}

/// How a run may start, if it may.
pub(in super::super) fn start(overlap: Overlap, active: &[Active]) -> Option<Start> {
    let waits = Start {
        held: true,
        cancels: false,
    };
    let waiting = active.iter().filter(|run| run.held).count();
    match overlap {
        _ if active.is_empty() => Some(Start::default()),
        Overlap::Allow => Some(Start::default()),
        Overlap::Skip => None,
        Overlap::BufferOne => (waiting == 0).then_some(waits),
        Overlap::BufferAll => (waiting < MOST).then_some(waits),
        Overlap::CancelOther => Some(Start {
            held: true,
            cancels: true,
        }),
    }
}
