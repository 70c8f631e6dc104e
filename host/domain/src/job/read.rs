//! Reading what a person or a program says of a job: every wrong field is named, nothing is guessed.

use chrono_tz::Tz;
use serde_json::{Map, Value};
use wasmtab_cron as cron;

use super::{
    JobSpec, blackout,
    value::{
        fuel, labels, memory, name, names, param, plain, positive, remark, retry_count, retry_on, text,
        whole, zone,
    },
};
use crate::{
    field::{FieldError, FieldErrors},
    limits,
    time::Timestamp,
};

/// What a reading needs to know of the server.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext {
    /// The zone of a job that names none.
    pub default_zone: Tz,
    /// The most memory that a job may ask for, in bytes.
    pub max_memory: u64,
}

impl JobSpec {
    /// Reads a whole job. Absent fields take their defaults, except that `keep_zone` stands in for an absent `timezone`.
    pub fn read(
        said: &Map<String, Value>,
        context: &ReadContext,
        keep_zone: Option<Tz>,
    ) -> Result<Self, FieldErrors> {
        Self::blank(keep_zone.unwrap_or(context.default_zone)).with(said, context)
    }

    /// This job with the fields of `said` in place of its own; `null` puts a default back.
    pub fn patched(&self, said: &Map<String, Value>, context: &ReadContext) -> Result<Self, FieldErrors> {
        let mut base = self.clone();
        // Naming one kind of schedule replaces the other, and a new expression is read by its own number of fields.
        if said.get("cronExpression").is_some_and(|value| !value.is_null()) {
            base.every = said.get("every").and(base.every);
            base.cron_dialect = None;
        }
        if said.get("every").is_some_and(|value| !value.is_null()) && !said.contains_key("cronExpression") {
            base.cron_expression = None;
            base.cron_dialect = None;
        }
        base.with(said, context)
    }

    fn with(mut self, said: &Map<String, Value>, context: &ReadContext) -> Result<Self, FieldErrors> {
        let blank = Self::blank(context.default_zone);
        let mut reader = Reader {
            said,
            errors: Vec::new(),
        };
        for name in said.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            reader.errors.push(FieldError::new(name, unknown(name)));
        }

        reader.take("name", &mut self.name, blank.name, name);
        reader.take("status", &mut self.status, blank.status, plain);
        reader.take("handlerName", &mut self.handler_name, blank.handler_name, name);
        reader.take("handlerParam", &mut self.handler_param, None, |value| {
            param(value).map(Some)
        });
        reader.take("cronExpression", &mut self.cron_expression, None, |value| {
            text(value).map(Some)
        });
        reader.take("cronDialect", &mut self.cron_dialect, None, |value| {
            text(value)?.parse().map(Some)
        });
        reader.take("every", &mut self.every, None, |value| positive(value).map(Some));
        reader.take("timezone", &mut self.timezone, context.default_zone, zone);
        reader.take("startAt", &mut self.start_at, None, |value| {
            plain::<Timestamp>(value).map(Some)
        });
        reader.take("endAt", &mut self.end_at, None, |value| {
            plain::<Timestamp>(value).map(Some)
        });
        reader.take("retryCount", &mut self.retry.retry_count, 0, retry_count);
        reader.take(
            "retryInterval",
            &mut self.retry.retry_interval,
            blank.retry.retry_interval,
            plain,
        );
        reader.take(
            "retryBackoff",
            &mut self.retry.retry_backoff,
            blank.retry.retry_backoff,
            plain,
        );
        reader.take(
            "retryOn",
            &mut self.retry.retry_on,
            blank.retry.retry_on,
            retry_on,
        );
        reader.take(
            "monitorTimeout",
            &mut self.monitor_timeout,
            blank.monitor_timeout,
            positive,
        );
        reader.take("fuel", &mut self.fuel, None, |value| fuel(value).map(Some));
        reader.take(
            "memoryLimit",
            &mut self.memory_limit,
            blank.memory_limit.min(context.max_memory),
            |value| memory(value, context.max_memory),
        );
        reader.take("overlap", &mut self.overlap, blank.overlap, plain);
        reader.take("misfire", &mut self.misfire, blank.misfire, plain);
        reader.take(
            "catchUpWindow",
            &mut self.catch_up_window,
            blank.catch_up_window,
            plain,
        );
        reader.take("jitter", &mut self.jitter, blank.jitter, plain);
        reader.take("priority", &mut self.priority, blank.priority, |value| {
            let most = i64::from(limits::PRIORITY);
            whole(value, -most, most).map(|number| number as i32)
        });
        reader.take("maxRuns", &mut self.max_runs, None, |value| {
            whole(value, 1, i64::MAX).map(|number| Some(number as u64))
        });
        reader.take("blackouts", &mut self.blackouts, Vec::new(), blackout::read);
        reader.take("shards", &mut self.shards, blank.shards, |value| {
            whole(value, 1, i64::from(limits::SHARDS)).map(|number| number as u32)
        });
        reader.take("warnAfter", &mut self.warn_after, None, |value| {
            positive(value).map(Some)
        });
        reader.take(
            "retryVersion",
            &mut self.retry_version,
            blank.retry_version,
            plain,
        );
        reader.take("onSuccess", &mut self.on_success, Vec::new(), names);
        reader.take("onFailure", &mut self.on_failure, Vec::new(), names);
        reader.take("labels", &mut self.labels, Vec::new(), labels);
        reader.take("owner", &mut self.owner, None, |value| remark(value).map(Some));
        reader.take("runbook", &mut self.runbook, None, |value| {
            remark(value).map(Some)
        });

        let mut errors = reader.errors;
        let bad = |name: &str, errors: &[FieldError]| {
            errors.iter().any(|error| error.pointer == format!("/{name}"))
        };
        for (name, value) in [("name", &self.name), ("handlerName", &self.handler_name)] {
            if value.is_empty() && !bad(name, &errors) {
                errors.push(FieldError::new(name, "is missing"));
            }
        }
        for (name, chain) in [("onSuccess", &self.on_success), ("onFailure", &self.on_failure)] {
            if chain.contains(&self.name) {
                errors.push(FieldError::new(name, "names the job itself: it would never end"));
            }
        }
        self.settle_schedule(&mut errors);
        if let (Some(start), Some(end)) = (self.start_at, self.end_at)
            && end < start
        {
            errors.push(FieldError::new("endAt", format!("lies before startAt ({start})")));
        }
        self.memory_limit = self.memory_limit.min(context.max_memory);
        if errors.is_empty() {
            Ok(self)
        } else {
            Err(FieldErrors(errors))
        }
    }

    fn settle_schedule(&mut self, errors: &mut Vec<FieldError>) {
        let schedule_is_wrong = errors
            .iter()
            .any(|e| ["/cronExpression", "/every", "/cronDialect"].contains(&e.pointer.as_str()));
        match (&self.cron_expression, self.every) {
            _ if schedule_is_wrong => {}
            (None, None) => {
                errors.push(FieldError::new(
                    "cronExpression",
                    "is missing: a job says cronExpression or every",
                ));
            }
            (Some(_), Some(_)) => {
                errors.push(FieldError::new(
                    "every",
                    "stands beside cronExpression: a job says one of the two",
                ));
            }
            (None, Some(_)) if self.cron_dialect.is_some() => {
                errors.push(FieldError::new(
                    "cronDialect",
                    "goes with cronExpression, which is absent",
                ));
            }
            (None, Some(_)) => {}
            (Some(text), None) => match cron::Schedule::parse(text, self.cron_dialect) {
                Ok(schedule) => self.cron_dialect = Some(schedule.dialect()),
                Err(error) => errors.push(FieldError {
                    pointer: "/cronExpression".into(),
                    detail: error.to_string(),
                }),
            },
        }
    }
}

/// Every field that a job may say, in the order in which jobs are written.
pub const FIELDS: &[&str] = &[
    "name",
    "status",
    "handlerName",
    "handlerParam",
    "cronExpression",
    "cronDialect",
    "every",
    "timezone",
    "startAt",
    "endAt",
    "retryCount",
    "retryInterval",
    "retryBackoff",
    "retryOn",
    "monitorTimeout",
    "fuel",
    "memoryLimit",
    "overlap",
    "misfire",
    "catchUpWindow",
    "jitter",
    "priority",
    "maxRuns",
    "blackouts",
    "shards",
    "warnAfter",
    "retryVersion",
    "onSuccess",
    "onFailure",
    "labels",
    "owner",
    "runbook",
];

fn unknown(name: &str) -> String {
    let folded = name.to_lowercase().replace(['_', '-'], "");
    match FIELDS.iter().find(|field| field.to_lowercase() == folded) {
        Some(field) => format!("is not a field of a job; `{field}` is meant?"),
        None => format!("is not a field of a job; those are {}", FIELDS.join(", ")),
    }
}

struct Reader<'a> {
    said: &'a Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    /// Puts the field `name` into `slot` when it was said; `null` stands for the default.
    fn take<T>(
        &mut self,
        name: &str,
        slot: &mut T,
        default: T,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) {
        match self.said.get(name) {
            None => {}
            Some(Value::Null) => *slot = default,
            Some(value) => match read(value) {
                Ok(value) => *slot = value,
                Err(reason) => self.errors.push(FieldError::new(name, reason)),
            },
        }
    }
}
