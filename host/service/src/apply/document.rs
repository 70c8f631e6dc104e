//! What holds for a document as a whole.

use std::collections::HashMap;

pub(super) use wasmtab_domain::document::{Entry, MAX_JOBS, read};
use wasmtab_domain::field::{FieldError, FieldErrors};

use super::plan::Planned;

/// Names a document says twice.
pub(super) fn unique(planned: &[Planned], errors: &mut Vec<FieldError>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for plan in planned {
        if let Some(first) = seen.insert(&plan.spec.name, &plan.pointer) {
            let reason = format!("`{}` is said twice; first at {first}", plan.spec.name);
            errors.push(FieldError::new("name", reason).within(&plan.pointer));
        }
    }
}

/// Fails with `errors`, if there are any.
pub(super) fn refuse(errors: Vec<FieldError>) -> Result<(), FieldErrors> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(FieldErrors(errors))
    }
}

/// The same errors seen from the request that holds the document.
pub(super) fn in_request(errors: FieldErrors) -> FieldErrors {
    FieldErrors(
        errors
            .0
            .into_iter()
            .map(|error| error.within("/document"))
            .collect(),
    )
}
