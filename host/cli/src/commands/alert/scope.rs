//! Which runs a rule or a silence is about, as flags and in tables.

use clap::Args;
use serde_json::{Value, json};

use crate::output::cell::{present, text};

#[derive(Args, Debug)]
#[group(multiple = false)]
pub(super) struct ScopeArgs {
    /// Only runs of jobs that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only runs of this job, by its name
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only runs of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
}

impl ScopeArgs {
    /// Whether it is about every run.
    pub(super) const fn is_all(&self) -> bool {
        self.label.is_none() && self.job.is_none() && self.handler.is_none()
    }

    /// Adds what was said to a request's body.
    pub(super) fn add_to(self, body: &mut Value) {
        for (name, said) in [
            ("label", self.label),
            ("job", self.job),
            ("handlerName", self.handler),
        ] {
            if let Some(said) = said {
                body[name] = json!(said);
            }
        }
    }
}

/// The same as a view says it.
pub(super) fn scope(view: &Value) -> String {
    for (name, pointer) in [("label", "/label"), ("handler", "/handlerName")] {
        if let Some(said) = present(view, pointer) {
            return format!("{name} {said}");
        }
    }
    match (present(view, "/job"), present(view, "/jobId")) {
        (Some(job), _) => format!("job {job}"),
        (None, Some(_)) => format!("job {} (deleted)", text(view, "/jobId")),
        (None, None) => "every run".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_told_in_words() {
        for (view, shown) in [
            (json!({"label": "billing", "jobId": null}), "label billing"),
            (json!({"handlerName": "H"}), "handler H"),
            (json!({"jobId": 7, "job": "nightly"}), "job nightly"),
            (json!({"jobId": 7, "job": null}), "job 7 (deleted)"),
            (json!({}), "every run"),
        ] {
            assert_eq!(scope(&view), shown);
        }
    }
}
