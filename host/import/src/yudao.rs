//! yudao (ruoyi-vue-pro): the rows of its `infra_job`, which Quartz fires.

use std::collections::BTreeMap;

use wasmtab_domain::{
    interval::Interval,
    limits,
    policy::{Misfire, Overlap},
};

use crate::{
    draft::JobDraft,
    names::{Names, clean, shown},
    outcome::{Finding, Import, Imported, LeftOut, Options, Source, Was, split},
    quartz_job,
    rows::{Row, Table},
    tally::Tally,
};

/// The tables that are read: the jobs, and Quartz's own, which knows the zone.
pub const TABLES: [&str; 2] = ["infra_job", "qrtz_cron_triggers"];

/// Carries the jobs over.
pub fn import(tables: &BTreeMap<String, Table>, options: &Options) -> Result<Import, String> {
    let table = tables
        .get(TABLES[0])
        .ok_or("the table infra_job is not there: is it a dump of yudao's database?")?;
    check_columns(table)?;
    let mut rows: Vec<_> = table.rows().collect();
    rows.sort_by_key(|row| id(*row).unwrap_or(i64::MAX));
    let handlers = handlers(&rows);
    let mut names = Names::new(&options.prefix);
    let mut tally = Tally::default();
    let (mut jobs, mut left_out) = (Vec::new(), Vec::new());
    for row in rows {
        match carry(row, options, &handlers, &mut names, &mut tally) {
            Ok(job) => jobs.push(job),
            Err(reason) => left_out.push(LeftOut {
                origin: id(row).map_or_else(|_| "a row without id".into(), |id| format!("id {id}")),
                name: row.text("name").ok().flatten().map(clean).unwrap_or_default(),
                reason,
            }),
        }
    }
    let zone = tables
        .get(TABLES[1])
        .and_then(|triggers| check_zone(triggers, options));
    let (mut notes, warnings) = split(zone);
    notes.extend(tally.notes());
    Ok(Import {
        source: Source::Yudao,
        timezone: options.timezone,
        jobs,
        left_out,
        notes,
        warnings,
    }
    .finish())
}

/// Whether a table with these columns is wasmtab's own `infra_job`, which may lie in a schema of the same database.
pub fn is_own(columns: &[String]) -> bool {
    columns.iter().any(|column| column == "cron_dialect")
}

fn check_columns(table: &Table) -> Result<(), String> {
    if is_own(table.columns()) {
        return Err("this infra_job is wasmtab's own; --schema says in which schema yudao's is".into());
    }
    let missing: Vec<&str> = [
        "id",
        "name",
        "status",
        "handler_name",
        "cron_expression",
        "retry_count",
    ]
    .into_iter()
    .filter(|column| !table.has(column))
    .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("infra_job lacks the columns {}", missing.join(", ")))
    }
}

fn id(row: Row<'_>) -> Result<i64, String> {
    row.number("id")?.ok_or_else(|| "id is NULL".into())
}

/// How often each handler's name is there, deleted rows aside: Quartz knows a job by it.
fn handlers(rows: &[Row<'_>]) -> BTreeMap<String, usize> {
    let mut handlers = BTreeMap::new();
    for row in rows {
        if let (Ok(Some(handler)), Ok(false)) = (row.trimmed("handler_name"), row.flag("deleted")) {
            *handlers.entry(handler.to_owned()).or_insert(0) += 1;
        }
    }
    handlers
}

fn carry(
    row: Row<'_>,
    options: &Options,
    handlers: &BTreeMap<String, usize>,
    names: &mut Names,
    tally: &mut Tally,
) -> Result<Imported, String> {
    let id = id(row)?;
    if row.flag("deleted")? {
        return Err("it is marked as deleted".into());
    }
    let handler = row.trimmed("handler_name")?.ok_or("handler_name is empty")?;
    let expression = row
        .trimmed("cron_expression")?
        .ok_or("cron_expression is empty")?;
    let carried = quartz_job::carry(expression, "Quartz")?;
    let mut findings = Vec::from_iter(carried.finding);
    if handlers.get(handler).is_some_and(|count| *count > 1) {
        findings.push(Finding::decide(
            "handlerName",
            format!("several jobs have the handler `{handler}`, of which yudao fires only one: Quartz knows a job by that name"),
        ));
    }
    let called = row.trimmed("name")?.unwrap_or(handler);
    let name = names.take(called, &id.to_string(), &mut findings);
    let mut draft = JobDraft::new(name, handler.to_owned(), options.timezone, options.timeout);
    draft.handler_param = row
        .text("handler_param")?
        .filter(|param| !param.is_empty())
        .map(str::to_owned);
    draft.cron_expression = Some(carried.expression);
    draft.cron_dialect = Some(wasmtab_cron::Dialect::Quartz);
    retries(row, &mut draft, &mut findings)?;
    draft.warn_after =
        seconds(row, "monitor_timeout", "warnAfter", &mut findings)?.filter(|warn| warn.as_secs() > 0);
    if draft.warn_after.is_some() {
        tally.add("monitor_timeout only ever watched, so it becomes warnAfter, in seconds");
    }
    tally.add(format!(
        "yudao ends no run; every run has a limit here, so monitorTimeout is {} (--timeout)",
        options.timeout
    ));
    draft.overlap = Overlap::BufferOne;
    draft.misfire = Misfire::Latest;
    tally.add(
        "Quartz runs no job beside itself and makes up for missed fires by one: `overlap: bufferOne`, `misfire: latest` (a backlog of less \
         than Quartz's misfireThreshold, 60 s, it works off fire by fire)",
    );
    Ok(Imported {
        origin: format!("id {id}"),
        was: status(row, &mut findings)?,
        draft,
        findings,
        old: carried.old,
    })
}

fn status(row: Row<'_>, findings: &mut Vec<Finding>) -> Result<Was, String> {
    match row.number("status")? {
        Some(1) => Ok(Was::Running),
        Some(2) => Ok(Was::Stopped),
        Some(0) => {
            findings.push(Finding::note(
                "status",
                "status 0: its making was never finished there",
            ));
            Ok(Was::Stopped)
        }
        Some(other) => Err(format!("status is {other}; 0, 1 and 2 are known")),
        None => Err("status is NULL".into()),
    }
}

fn retries(row: Row<'_>, draft: &mut JobDraft, findings: &mut Vec<Finding>) -> Result<(), String> {
    let most = i64::from(limits::RETRIES);
    let count = row.number("retry_count")?.unwrap_or(0);
    if count > most {
        findings.push(Finding::note(
            "retryCount",
            format!("retry_count {count} becomes {most}, the most there is"),
        ));
    }
    draft.retry_count = count.clamp(0, most) as u32;
    draft.retry_interval = seconds(row, "retry_interval", "retryInterval", findings)?.unwrap_or_default();
    Ok(())
}

/// Milliseconds as whole seconds: never less than they were.
fn seconds(
    row: Row<'_>,
    column: &str,
    field: &'static str,
    findings: &mut Vec<Finding>,
) -> Result<Option<Interval>, String> {
    let Some(millis) = row.number(column)? else {
        return Ok(None);
    };
    let millis = u64::try_from(millis).map_err(|_| format!("{column} is {millis}, less than nothing"))?;
    let seconds = Interval::from_secs(millis.div_ceil(1_000));
    if !millis.is_multiple_of(1_000) {
        findings.push(Finding::note(
            field,
            format!("{millis} ms become {seconds}: intervals are whole seconds"),
        ));
    }
    Ok(Some(seconds))
}

/// Quartz writes each trigger's zone down: that it fits, or that it is doubtful.
fn check_zone(triggers: &Table, options: &Options) -> Option<Result<String, String>> {
    let zones: Vec<&str> = triggers
        .rows()
        .filter_map(|row| row.trimmed("time_zone_id").ok().flatten())
        .collect();
    let other = zones.iter().find(|zone| **zone != options.timezone.name());
    match other {
        _ if zones.is_empty() => None,
        None => Some(Ok(format!(
            "the zone: qrtz_cron_triggers says {} too, {} times",
            options.timezone,
            zones.len()
        ))),
        Some(other) => Some(Err(format!(
            "the zone: qrtz_cron_triggers says `{}` where {} was said: is --timezone right?",
            shown(other),
            options.timezone
        ))),
    }
}
