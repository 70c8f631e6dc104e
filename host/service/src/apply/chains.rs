//! The chains of a document's jobs, together with those that are there.

use std::collections::{HashMap, HashSet};

use wasmtab_domain::{chain, field::FieldError};

use super::plan::Planned;
use crate::{
    error::{ServiceResult, comes_round},
    jobs::chained,
    service::Service,
};

/// In which order the jobs are written, and which of those that they start are not there.
#[derive(Debug, Default)]
pub(super) struct Chains {
    /// Places in the document: a job comes after those that it starts, so that no state in between comes round.
    pub(super) order: Vec<usize>,
    /// Jobs that are there, or will be.
    pub(super) known: HashSet<String>,
}

impl Service {
    /// Looks at the chains as they will be; one that comes round is an error of the job that begins it.
    pub(super) async fn chains(&self, planned: &[Planned]) -> ServiceResult<Result<Chains, FieldError>> {
        let names: HashMap<&str, usize> = planned
            .iter()
            .enumerate()
            .map(|(index, plan)| (plan.spec.name.as_str(), index))
            .collect();
        let mut next: HashMap<String, Vec<String>> = planned
            .iter()
            .map(|plan| (plan.spec.name.clone(), chained(&plan.spec).cloned().collect()))
            .collect();
        let mut known: HashSet<String> = names.keys().map(|name| (*name).to_owned()).collect();
        let mut outside: Vec<String> = next.values().flatten().cloned().collect();
        outside.retain(|name| !names.contains_key(name.as_str()));
        outside.sort_unstable();
        outside.dedup();
        if !outside.is_empty() {
            known.extend(self.store.known_jobs(&outside).await?);
        }
        while !outside.is_empty() {
            let mut found = self.store.chains_from(&outside).await?;
            found.retain(|(name, _)| !next.contains_key(name));
            outside = found.iter().flat_map(|(_, names)| names).cloned().collect();
            next.extend(found);
        }

        let in_order: Vec<&str> = planned.iter().map(|plan| plan.spec.name.as_str()).collect();
        let edges = |name: &str| next.get(name).map_or(&[][..], Vec::as_slice);
        Ok(match chain::downstream_first(&in_order, edges) {
            Ok(order) => Ok(Chains {
                order: order.iter().filter_map(|name| names.get(name).copied()).collect(),
                known,
            }),
            Err(way) => Err(error(planned, &names, &way)),
        })
    }
}

/// Points to a job of the document on the way: there is one, since the jobs that are there never come round.
fn error(planned: &[Planned], names: &HashMap<&str, usize>, way: &[String]) -> FieldError {
    let begins = way
        .iter()
        .enumerate()
        .find_map(|(step, name)| Some((step, *names.get(name.as_str())?)));
    let (step, index) = begins.unwrap_or_default();
    let plan = &planned[index];
    // The way told from the job that the error points to.
    let mut told: Vec<_> = way[step..].to_vec();
    told.extend(way[1..=step].iter().cloned());
    let field = match told.get(1) {
        Some(first) if plan.spec.on_success.contains(first) => "onSuccess",
        _ => "onFailure",
    };
    FieldError::new(field, comes_round(&told)).within(&plan.pointer)
}
