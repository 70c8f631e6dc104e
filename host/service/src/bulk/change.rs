//! What an operation on many jobs does to one of them.

use serde_json::{Map, Value, json};
use wasmtab_domain::{
    field::FieldErrors,
    job::{Job, ReadContext},
    policy::JobStatus,
};
use wasmtab_store::JobChange;

use super::jobs::{BulkJobs, JobAction};
use crate::{
    apply::changes,
    view::{ChangeView, PauseView},
};

/// What becomes of one job.
#[derive(Debug)]
pub(super) enum Planned {
    /// It changes so.
    Change(JobChange, Vec<ChangeView>),
    /// It is started.
    Start,
    /// It is so already.
    Same,
}

/// Plans the change of one job, or says what is wrong with it.
pub(super) fn plan(request: &BulkJobs, job: &Job, context: &ReadContext) -> Result<Planned, FieldErrors> {
    let zone = job.spec.timezone;
    let pause = |job: &Job| {
        let shown = job.pause.as_ref().map(|pause| PauseView::new(pause, zone));
        json!(shown)
    };
    let one = |field: &str, from, to| {
        vec![ChangeView {
            field: field.into(),
            from,
            to,
        }]
    };
    let said = match request.action {
        JobAction::Pause if job.pause.is_some() && !request.replace => return Ok(Planned::Same),
        JobAction::Pause => {
            let change = JobChange::Pause {
                until: request.until,
                note: request.note.clone(),
            };
            let after =
                json!({ "until": request.until.map(|until| until.in_zone(zone)), "note": request.note });
            return Ok(Planned::Change(change, one("paused", pause(job), after)));
        }
        JobAction::Resume if job.pause.is_none() => return Ok(Planned::Same),
        JobAction::Resume => {
            let changes = one("paused", pause(job), Value::Null);
            return Ok(Planned::Change(JobChange::Resume, changes));
        }
        JobAction::Delete => {
            let changes = one("name", job.spec.name.clone().into(), Value::Null);
            return Ok(Planned::Change(JobChange::Delete, changes));
        }
        JobAction::Trigger => return Ok(Planned::Start),
        JobAction::Start => ("status", json!(JobStatus::Normal)),
        JobAction::Stop => ("status", json!(JobStatus::Stopped)),
        JobAction::AssignHandler => ("handlerName", json!(request.handler_name)),
        JobAction::Label => {
            let mut labels = job.spec.labels.clone();
            labels.extend(request.labels.iter().cloned());
            labels.sort_unstable();
            labels.dedup();
            ("labels", json!(labels))
        }
        JobAction::Unlabel => {
            let mut labels = job.spec.labels.clone();
            labels.retain(|label| !request.labels.contains(label));
            ("labels", json!(labels))
        }
    };
    let said = Map::from_iter([(said.0.to_owned(), said.1)]);
    let spec = job.spec.patched(&said, context)?;
    if spec == *job.spec {
        return Ok(Planned::Same);
    }
    let changes = changes::between(&job.spec, &spec);
    Ok(Planned::Change(
        JobChange::Update(Box::new(spec), job.revision),
        changes,
    ))
}
