//! What a schedule would do, before any job has it.

use serde_json::{Map, Value};
use wasmtab_cron::{self as cron, Lang};
use wasmtab_domain::{
    field::FieldError,
    job::{JobSpec, Upcoming},
    time::Timestamp,
};
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    jobs::next::{check_count, instant},
    service::{Service, authorize},
    view::{ClockChangeView, LeftOutView, PreviewView},
};

/// The fields of a job that a preview takes.
const SCHEDULE_FIELDS: [&str; 7] = [
    "cronExpression",
    "cronDialect",
    "every",
    "timezone",
    "startAt",
    "endAt",
    "blackouts",
];

impl Service {
    /// Describes a schedule and tells its next fires, without those in its blackouts. `said` has the schedule's fields as in a job, and `count` and `after`.
    pub async fn preview(
        &self,
        by: &Principal,
        mut said: Map<String, Value>,
        lang: Lang,
    ) -> ServiceResult<PreviewView> {
        authorize(by, Role::Viewer)?;
        let count = match said.remove("count") {
            None | Some(Value::Null) => 5,
            Some(value) => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
                Some(count) => check_count(count)?,
                None => {
                    return Err(ServiceError::field(
                        "count",
                        format!("must be a whole number, not {value}"),
                    ));
                }
            },
        };
        let after = match said.remove("after") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => instant("after", Some(&text))?,
            Some(value) => {
                return Err(ServiceError::field(
                    "after",
                    format!("must be a text, not {value}"),
                ));
            }
        };
        let now = self.now();
        if let Some(name) = said.keys().find(|name| !SCHEDULE_FIELDS.contains(&name.as_str())) {
            let known = SCHEDULE_FIELDS.join(", ");
            let reason = format!("is not a field of a schedule; those are {known}, count, after");
            return Err(ServiceError::Invalid(FieldError::new(name, reason).into()));
        }
        // A schedule is read as the job that has it.
        said.insert("name".into(), "preview".into());
        said.insert("handlerName".into(), "preview".into());
        let spec = JobSpec::read(&said, &self.read_context().await?, None)?;
        let calendars = self.calendars_of(&spec).await?;
        let ahead = Upcoming::after(
            &spec.schedule(now),
            (&spec.blackouts, &calendars),
            spec.timezone,
            after.unwrap_or(now),
            count,
        );
        let fires = &ahead.fires;
        Ok(PreviewView {
            description: crate::view::describe(&spec, lang),
            cron_dialect: spec.cron_dialect.map(|dialect| dialect.to_string()),
            timezone: spec.timezone.name().to_owned(),
            next: fires.iter().map(|fire| fire.in_zone(spec.timezone)).collect(),
            left_out: LeftOutView::of(&ahead.left_out, spec.timezone),
            clock_changes: clock_changes(&spec, fires, lang),
        })
    }
}

fn clock_changes(spec: &JobSpec, fires: &[Timestamp], lang: Lang) -> Vec<ClockChangeView> {
    let Some(Ok(schedule)) = spec
        .cron_expression
        .as_ref()
        .map(|text| cron::Schedule::parse(text, spec.cron_dialect))
    else {
        return Vec::new();
    };
    let touched = |fire: &Timestamp| {
        let change = schedule.clock_change(spec.timezone, fire.to_chrono())?;
        Some(ClockChangeView::new(fire.in_zone(spec.timezone), change, lang))
    };
    fires.iter().filter_map(touched).collect()
}
