//! One row of `xxl_job_info`, in the shapes that it has had.

use std::collections::BTreeMap;

use wasmtab_domain::{interval::Interval, time::Timestamp};

use crate::{
    names::shown,
    rows::{Row, Table},
};

/// What a row says.
pub(super) struct JobRow<'a> {
    pub(super) id: i64,
    pub(super) group: Option<i64>,
    pub(super) name: &'a str,
    pub(super) author: Option<&'a str>,
    pub(super) alarm_email: Option<&'a str>,
    pub(super) planned: Planned,
    pub(super) misfire: Option<&'a str>,
    pub(super) route: Option<&'a str>,
    pub(super) handler: Option<&'a str>,
    pub(super) param: Option<&'a str>,
    pub(super) block: Option<&'a str>,
    /// Seconds; 0 is without limit.
    pub(super) timeout: i64,
    pub(super) retries: i64,
    pub(super) glue_type: &'a str,
    pub(super) glue_bytes: usize,
    /// Ids, as they are written there.
    pub(super) children: Vec<String>,
    pub(super) running: bool,
    /// `trigger_next_time`, where there is one.
    pub(super) next_fire: Option<Timestamp>,
}

/// `schedule_type` and `schedule_conf`.
pub(super) enum Planned {
    None,
    Cron(String),
    FixedRate(Interval),
    FixedDelay(Interval),
    Unknown(String),
}

/// A row of `xxl_job_group`: the executors that a job may run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) app_name: String,
    /// How many addresses are registered.
    pub(super) executors: usize,
}

/// Whether the table is XXL-JOB's in a shape that is known.
pub(super) fn check_columns(table: &Table) -> Result<(), String> {
    let lacks = |column: &str| !table.has(column);
    let missing: Vec<&str> = ["id", "executor_handler", "glue_type", "trigger_status"]
        .into_iter()
        .filter(|column| lacks(column))
        .collect();
    if !missing.is_empty() {
        return Err(format!("xxl_job_info lacks the columns {}", missing.join(", ")));
    }
    // Until 2.2, there was nothing but cron.
    if lacks("job_cron") && (lacks("schedule_type") || lacks("schedule_conf")) {
        return Err("xxl_job_info has neither schedule_type and schedule_conf nor job_cron".into());
    }
    Ok(())
}

/// The groups by id; a group that cannot be read is left out, and its jobs bear its number.
pub(super) fn groups(table: &Table) -> BTreeMap<i64, Group> {
    let read = |row: Row<'_>| -> Result<Option<(i64, Group)>, String> {
        let (Some(id), Some(app_name)) = (row.number("id")?, row.trimmed("app_name")?) else {
            return Ok(None);
        };
        let addresses = row.text("address_list")?.unwrap_or_default();
        let executors = addresses
            .split(',')
            .filter(|address| !address.trim().is_empty())
            .count();
        let app_name = app_name.to_owned();
        Ok(Some((id, Group { app_name, executors })))
    };
    table.rows().filter_map(|row| read(row).ok().flatten()).collect()
}

pub(super) fn id(row: Row<'_>) -> Result<i64, String> {
    row.number("id")?.ok_or_else(|| "id is NULL".into())
}

/// Where a row is that cannot be read.
pub(super) fn origin(row: Row<'_>) -> String {
    id(row).map_or_else(|_| "a row without id".into(), |id| format!("id {id}"))
}

/// `job_desc`; 3.5 calls it `name`.
pub(super) fn name(row: Row<'_>) -> Result<&str, String> {
    Ok(row.text("job_desc")?.or(row.text("name")?).unwrap_or_default())
}

impl<'a> JobRow<'a> {
    pub(super) fn read(row: Row<'a>) -> Result<Self, String> {
        let next = row.number("trigger_next_time")?.filter(|millis| *millis > 0);
        Ok(Self {
            id: id(row)?,
            group: row.number("job_group")?,
            name: name(row)?,
            author: row.trimmed("author")?,
            alarm_email: row.trimmed("alarm_email")?,
            planned: Planned::read(row)?,
            misfire: row.trimmed("misfire_strategy")?,
            route: row.trimmed("executor_route_strategy")?,
            handler: row.trimmed("executor_handler")?,
            param: row.text("executor_param")?,
            block: row.trimmed("executor_block_strategy")?,
            timeout: row.number("executor_timeout")?.unwrap_or(0),
            retries: row.number("executor_fail_retry_count")?.unwrap_or(0),
            glue_type: row.trimmed("glue_type")?.unwrap_or("BEAN"),
            glue_bytes: row.text("glue_source").ok().flatten().map_or(0, str::len),
            children: children(row.text("child_jobid")?.unwrap_or_default()),
            running: row.number("trigger_status")? == Some(1),
            next_fire: next
                .and_then(|millis| millis.checked_mul(1_000))
                .map(Timestamp::from_micros),
        })
    }
}

impl Planned {
    fn read(row: Row<'_>) -> Result<Self, String> {
        if let Some(cron) = row.trimmed("job_cron")? {
            return Ok(Self::Cron(cron.to_owned()));
        }
        let conf = row.trimmed("schedule_conf")?.unwrap_or_default();
        let seconds = || match conf.parse::<u64>() {
            Ok(seconds) if (1..=Interval::MAX.as_secs()).contains(&seconds) => {
                Ok(Interval::from_secs(seconds))
            }
            _ => Err(format!(
                "schedule_conf is `{}`, not a number of seconds from 1",
                shown(conf)
            )),
        };
        match row.trimmed("schedule_type")?.unwrap_or("NONE") {
            "NONE" => Ok(Self::None),
            "CRON" => Ok(Self::Cron(conf.to_owned())),
            "FIX_RATE" => seconds().map(Self::FixedRate),
            "FIX_DELAY" => seconds().map(Self::FixedDelay),
            other => Ok(Self::Unknown(other.to_owned())),
        }
    }
}

fn children(list: &str) -> Vec<String> {
    list.split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}
