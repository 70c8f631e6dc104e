use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use wasmtab_domain::{
    backfill::{self, RangeError},
    decided::Became,
    field::{FieldError, FieldErrors},
    ids::JobId,
    limits,
    policy::Overlap,
    time::Timestamp,
};
use wasmtab_store::{NewBackfill, Principal, Role};

use super::{param, subject};
use crate::{
    error::{ServiceError, ServiceResult},
    service::{Change, Service, authorize},
    view::{BackfillItemView, BackfillView},
};

/// Which instants of a job's schedule are run afterwards, and how.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackfillBody {
    /// The fires at or after this instant.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The fires before this instant; the present one unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// In place of the job's present parameter; an object or a list stands for its JSON text.
    #[serde(default, alias = "param")]
    pub handler_param: Option<Value>,
    /// In place of the job's own rule: `allow` lets them all begin at once. Otherwise they follow one another.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub overlap: Option<Overlap>,
    /// Whether instants are left out that had a run, however it ended.
    #[serde(default)]
    pub only_missed: bool,
    /// Whether to stop at the preview.
    #[serde(default)]
    pub dry_run: bool,
}

impl Service {
    /// Runs instants of the past, or tells which it would run and what became of them before. Pauses and blackouts do not hold
    /// for what a person asks for.
    pub async fn backfill(
        &self,
        by: &Principal,
        id: JobId,
        body: BackfillBody,
    ) -> ServiceResult<BackfillView> {
        authorize(by, Role::Operator)?;
        let handler_param = param(body.handler_param)?;
        let job = self.find_job(id).await?;
        let now = self.now();
        let until = body.until.unwrap_or(now);
        let zone = job.spec.timezone;
        let most = limits::BACKFILL_RUNS / job.spec.shards.max(1) as usize;
        let instants = backfill::instants(&job.spec, job.created_at, (body.since, until), now, most)
            .map_err(|wrong| range_error(wrong, body.since, until))?;
        let decided = self.store.decided_fires(id, body.since, until).await?;
        let found = backfill::on_record(&instants, &decided);
        let mut items: Vec<_> = instants
            .iter()
            .zip(&found)
            .map(|(at, found)| {
                let included = !(body.only_missed && had_run(found.as_ref()));
                BackfillItemView::new(*at, zone, found.as_ref(), included)
            })
            .collect();
        let fires: Vec<_> = instants
            .iter()
            .zip(&items)
            .filter(|(_, item)| item.included)
            .map(|(at, _)| *at)
            .collect();
        let count =
            |which: fn(Option<&Became>) -> bool| found.iter().filter(|fire| which(fire.as_ref())).count();
        let (had, unknown) = (count(had_run), count(|fire| fire.is_none()));
        let mut view = BackfillView {
            dry_run: body.dry_run,
            count: fires.len(),
            timezone: zone.name().to_owned(),
            had_run: had,
            skipped: found.len() - had - unknown,
            unknown,
            items: Vec::new(),
        };
        if !body.dry_run && !fires.is_empty() {
            let made = self
                .store
                .backfill(NewBackfill {
                    job_id: id,
                    fires,
                    handler_param,
                    overlap: body.overlap,
                    by: by.name.clone(),
                    now,
                })
                .await?
                .ok_or_else(|| ServiceError::not_found(format!("job {id}")))?;
            for (item, run) in items.iter_mut().filter(|item| item.included).zip(&made) {
                item.run_id = Some(run.to_string());
            }
            let after =
                json!({ "since": body.since, "until": until, "count": made.len(), "overlap": body.overlap });
            self.audit(by, "job.backfill", subject(job.id), Change::made(after))
                .await;
        }
        view.items = items;
        Ok(view)
    }
}

fn had_run(found: Option<&Became>) -> bool {
    matches!(found, Some(Became::Run(..)))
}

fn range_error(wrong: RangeError, since: Timestamp, until: Timestamp) -> ServiceError {
    let reason = match wrong {
        RangeError::Reversed => format!("{until} does not lie after since ({since})"),
        RangeError::Future => format!("{until} lies in the future: those fires are still to come"),
        RangeError::Empty => format!("no fire of the job's schedule lies from {since} to before {until}"),
        RangeError::TooMany { most } => {
            format!("more than {most} fires lie from {since} to before {until}; {most} are taken at once")
        }
    };
    ServiceError::Invalid(FieldErrors(vec![FieldError::new("until", reason)]))
}
