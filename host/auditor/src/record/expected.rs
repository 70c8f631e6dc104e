//! The fires that a job had, by its revisions.

use std::collections::BTreeMap;

use wasmtab_domain::{
    ids::JobId,
    job::{JobSpec, Revision},
    time::Timestamp,
};

use crate::fires;

/// What a fire follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub revision: i64,
    pub spec: &'a JobSpec,
}

/// Every fire that the job had to decide. A revision holds for the fires after the instant that it bears, up to the instant of the next
/// one; the last must have none.
pub(super) fn expected(revisions: &[Revision]) -> Result<BTreeMap<Timestamp, Expected<'_>>, String> {
    let mut expected = BTreeMap::new();
    let Some(first) = revisions.first() else {
        return Ok(expected);
    };
    for (revision, next) in revisions.iter().zip(&revisions[1..]) {
        let Some(spec) = &revision.spec else {
            return Err(format!("revision {} follows a deletion", next.revision));
        };
        let all = fires(spec, first.valid_from, revision.valid_from, next.valid_from);
        expected.extend(all.into_iter().map(|fire| {
            (
                fire,
                Expected {
                    revision: revision.revision,
                    spec,
                },
            )
        }));
    }
    Ok(expected)
}

/// Whether the instant is a fire of the revision at all.
pub(super) fn is_fire(revisions: &[Revision], revision: Option<i64>, at: Timestamp) -> bool {
    let (Some(first), Some(revision)) = (revisions.first(), revision) else {
        return false;
    };
    let said = revisions.iter().find(|said| said.revision == revision);
    said.and_then(|said| said.spec.as_ref()).is_some_and(|spec| {
        let before = Timestamp::from_micros(at.as_micros() - 1);
        fires(spec, first.valid_from, before, at) == [at]
    })
}

/// The jobs whose last revision still fires: of those nobody can tell how far they must have been decided.
pub(super) fn goes_on(revisions: &[Revision]) -> bool {
    revisions
        .last()
        .and_then(|last| last.spec.as_ref())
        .is_some_and(|spec| {
            spec.status == wasmtab_domain::policy::JobStatus::Normal
                && (spec.every.is_some() || spec.cron_expression.is_some())
        })
}

/// What covers each instant of a job, the shards of one fire together.
pub(super) type Covers = BTreeMap<JobId, BTreeMap<Timestamp, Vec<super::verdict::Cover>>>;
