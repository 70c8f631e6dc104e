//! Blackouts: fires within one do not run.

use wasmtab_auditor::is_blacked_out;
use wasmtab_domain::status::SkipReason;

use super::{Case, Verdict};

pub(super) fn rule(case: &Case<'_>) -> Option<Verdict> {
    is_blacked_out(case.spec, case.calendars, case.fire).then_some(Verdict::Skipped(SkipReason::Blackout))
}
