//! What an attempt runs on: what its handler's name is bound to when it is claimed, or what its run began on.

use wasmtab_domain::{ids::RunId, policy::RetryVersion, run::Claim};

use super::Books;

impl Books {
    /// The claim names the version that it must. The books stand as before it.
    pub(super) fn runs_on(&mut self, claim: &Claim) {
        let found = claim.binding.as_ref().map(|binding| binding.version);
        let expected = self.version_of(claim.run_id);
        let said = || format!("the version that attempt {} runs on", claim.attempt_id);
        self.findings.same("versions", said, &found, &expected);
    }

    fn version_of(&mut self, id: RunId) -> Option<i64> {
        let run = self.runs.get(&id)?;
        let is_bound = self
            .handlers
            .get(&run.handler)
            .is_some_and(|handler| handler.bound);
        let current = self.active_version.filter(|_| is_bound)?;
        let began_on = run.attempts.first().and_then(|first| first.version);
        match (run.policy.retry_version, began_on) {
            (RetryVersion::Same, Some(first)) => {
                if first != current {
                    self.count("retried on the same version");
                }
                Some(first)
            }
            _ => Some(current),
        }
    }
}
