//! What applying one job would do.

use wasmtab_cron::Lang;
use wasmtab_domain::{
    field::{FieldError, FieldErrors},
    job::{Job, JobSpec, ReadContext},
    plugin::Handler,
    policy::JobStatus,
    time::Timestamp,
};

use super::{changes, document::Entry};
use crate::{
    calendars::first_missing,
    error::ServiceResult,
    service::Service,
    view::{Action, AppliedJob, SpecView},
};

/// One job of a document, and what is there of it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) pointer: String,
    pub(super) spec: JobSpec,
    /// The job that bears the name, before anything is written.
    pub(super) before: Option<Job>,
    /// The job as it was written.
    pub(super) after: Option<Job>,
}

/// What a plan is seen against.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// What is bound to its handler's name.
    pub(super) handler: Option<&'a Handler>,
    /// Jobs that it starts at its end, and that are not there.
    pub(super) missing: Vec<String>,
    /// Where the document comes from.
    pub(super) source: Option<&'a str>,
    /// The present instant.
    pub(super) now: Timestamp,
}

impl Service {
    /// Plans one job, or says what is wrong with it.
    pub(super) async fn plan(
        &self,
        entry: Entry,
        context: &ReadContext,
    ) -> ServiceResult<Result<Planned, FieldErrors>> {
        let before = match entry.said.get("name").and_then(serde_json::Value::as_str) {
            Some(name) => self.store.job_named(name).await?,
            None => None,
        };
        let zone = before.as_ref().map(|job| job.spec.timezone);
        let read = match JobSpec::read(&entry.said, context, zone) {
            Ok(spec) => match first_missing(&spec, &self.calendars_there(&spec).await?) {
                Some(missing) => Err(missing.into()),
                None => Ok(spec),
            },
            Err(errors) => Err(errors),
        };
        Ok(match read {
            Ok(spec) => Ok(Planned {
                pointer: entry.pointer,
                spec,
                before,
                after: None,
            }),
            Err(errors) => Err(FieldErrors(
                errors.0.into_iter().map(|error| place(error, &entry)).collect(),
            )),
        })
    }
}

/// Points to the job, or to the document's defaults where the job only inherits the wrong field.
fn place(error: FieldError, entry: &Entry) -> FieldError {
    let field = error.pointer.trim_start_matches('/');
    let inherited = entry.said.contains_key(field) && !entry.own.contains_key(field);
    error.within(if inherited { "/defaults" } else { &entry.pointer })
}

impl Planned {
    pub(super) fn action(&self) -> Action {
        match &self.before {
            None => Action::Created,
            Some(job) if *job.spec == self.spec => Action::Unchanged,
            Some(_) => Action::Updated,
        }
    }

    pub(super) fn show(&self, seen: &Seen<'_>, lang: Lang) -> AppliedJob {
        let action = self.action();
        let job = self.after.as_ref().or(self.before.as_ref());
        let next = match job {
            // What is written, or was so already, has its own plan.
            Some(job) if *job.spec == self.spec => job.progress.next_fire_at,
            _ => {
                let anchor = job.map_or(seen.now, |job| job.created_at);
                self.spec.schedule(anchor).next_after(seen.now)
            }
        };
        AppliedJob {
            action,
            id: job.map(|job| job.id.0),
            spec: SpecView::from(&self.spec),
            description: crate::view::describe(&self.spec, lang),
            next_fire_at: next.map(|at| at.in_zone(self.spec.timezone)),
            changes: self
                .before
                .as_ref()
                .map(|job| changes::between(&job.spec, &self.spec))
                .unwrap_or_default(),
            warnings: self.warnings(job, seen, next),
        }
    }

    fn warnings(&self, job: Option<&Job>, seen: &Seen<'_>, next: Option<Timestamp>) -> Vec<String> {
        let name = &self.spec.handler_name;
        let mut warnings = Vec::new();
        match seen.handler {
            None => warnings.push(format!(
                "nothing is bound to the handler `{name}`: its runs end as noHandler until something is"
            )),
            Some(handler) if handler.resolved_version.is_none() => {
                warnings.push(format!(
                    "the plugin `{}` of the handler `{name}` has no active version",
                    handler.plugin
                ));
            }
            Some(_) => {}
        }
        if let Some(pause) = job.and_then(|job| job.pause.as_ref()) {
            warnings.push(format!(
                "it is paused by {}, and stays so: apply lifts no pause",
                pause.by
            ));
        }
        if !seen.missing.is_empty() {
            warnings.push(format!(
                "it starts jobs that are not there: {}; until they are, a row `noJob` is written instead",
                seen.missing.join(", ")
            ));
        }
        let made_by = self.before.as_ref().and_then(|job| job.source.as_deref());
        if let Some(other) = made_by.filter(|other| seen.source.is_some_and(|source| source != *other)) {
            warnings.push(format!(
                "the source `{other}` made it, and may change it again or prune it"
            ));
        }
        if self.spec.status == JobStatus::Normal && next.is_none() {
            warnings.push("its schedule has no fire left".into());
        }
        warnings
    }
}
