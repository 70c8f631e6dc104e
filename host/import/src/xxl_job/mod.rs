//! XXL-JOB, releases 2.0 to 3.5: the rows of `xxl_job_info`, with the groups they belong to.

mod chain;
mod policies;
mod row;
mod zone;

use std::collections::BTreeMap;

use wasmtab_domain::{interval::Interval, time::Timestamp};

use self::row::{JobRow, Planned};
use crate::{
    draft::JobDraft,
    names::{Names, clean, cut, shown},
    old::OldSchedule,
    outcome::{Finding, Import, Imported, LeftOut, Options, Source, Was, label, split},
    quartz_job,
    rows::Table,
    tally::Tally,
};

/// The tables that are read, the first one necessarily.
pub const TABLES: [&str; 2] = ["xxl_job_info", "xxl_job_group"];

/// An expression that lies in the past: jobs that only others start need a schedule, and this one never fires.
const NEVER: &str = "0 0 0 1 1 ? 1970";

/// Carries the jobs over.
pub fn import(tables: &BTreeMap<String, Table>, options: &Options) -> Result<Import, String> {
    let table = tables
        .get(TABLES[0])
        .ok_or("the table xxl_job_info is not there: is it a dump of XXL-JOB's database?")?;
    row::check_columns(table)?;
    let groups = tables.get(TABLES[1]).map(row::groups).unwrap_or_default();
    let mut importer = Importer {
        options,
        groups,
        names: Names::new(&options.prefix),
        tally: Tally::default(),
        jobs: Vec::new(),
        children: Vec::new(),
        next_fires: Vec::new(),
        left_out: Vec::new(),
    };
    let mut rows: Vec<_> = table.rows().map(|row| (row::id(row), row)).collect();
    rows.sort_by_key(|(id, _)| id.clone().unwrap_or(i64::MAX));
    for (_, row) in rows {
        match JobRow::read(row) {
            Ok(row) => importer.take(&row),
            Err(reason) => importer.left_out.push(LeftOut {
                origin: row::origin(row),
                name: row::name(row).unwrap_or_default().to_owned(),
                reason,
            }),
        }
    }
    Ok(importer.finish())
}

struct Importer<'a> {
    options: &'a Options,
    groups: BTreeMap<i64, row::Group>,
    names: Names,
    tally: Tally,
    jobs: Vec<Imported>,
    /// Beside each job: its id and those of its children.
    children: Vec<(i64, Vec<String>)>,
    /// Beside each job: the fire that XXL-JOB has planned, while it runs.
    next_fires: Vec<Option<Timestamp>>,
    left_out: Vec<LeftOut>,
}

impl Importer<'_> {
    fn take(&mut self, row: &JobRow<'_>) {
        match self.carry(row) {
            Ok(job) => {
                self.jobs.push(job);
                self.children.push((row.id, row.children.clone()));
                self.next_fires.push(row.next_fire.filter(|_| row.running));
            }
            Err(reason) => self.left_out.push(LeftOut {
                origin: format!("id {}", row.id),
                name: clean(row.name),
                reason,
            }),
        }
    }

    fn carry(&mut self, row: &JobRow<'_>) -> Result<Imported, String> {
        let mut findings = Vec::new();
        let handler = self.handler(row, &mut findings)?;
        let schedule = self.schedule(row, &mut findings)?;
        let called = if row.name.trim().is_empty() {
            &handler
        } else {
            row.name
        };
        let name = self.names.take(called, &row.id.to_string(), &mut findings);
        let mut draft = JobDraft::new(name, handler, self.options.timezone, self.options.timeout);
        draft.handler_param = row.param.filter(|param| !param.is_empty()).map(str::to_owned);
        draft.owner = row
            .author
            .map(clean)
            .map(|author| cut(&author, wasmtab_domain::limits::NOTE_BYTES).to_owned());
        match schedule.form {
            Form::Cron(expression) => {
                draft.cron_expression = Some(expression);
                draft.cron_dialect = Some(wasmtab_cron::Dialect::Quartz);
            }
            Form::Every { every, start_at } => {
                draft.every = Some(every);
                draft.start_at = start_at.map(|start| start.in_zone(self.options.timezone));
            }
        }
        let group = row.group.and_then(|id| self.groups.get(&id));
        policies::apply(
            row,
            group,
            self.options,
            &mut draft,
            &mut findings,
            &mut self.tally,
        );
        if let Some(id) = row.group {
            let word = group.map_or_else(|| id.to_string(), |group| group.app_name.clone());
            draft.labels.push(label("group", &word));
        }
        Ok(Imported {
            origin: format!("id {}", row.id),
            was: if row.running { Was::Running } else { Was::Stopped },
            draft,
            findings,
            old: schedule.old,
        })
    }

    fn handler(&mut self, row: &JobRow<'_>, findings: &mut Vec<Finding>) -> Result<String, String> {
        if row.glue_type == "BEAN" {
            return row
                .handler
                .map(clean)
                .ok_or_else(|| "executor_handler is empty, so that XXL-JOB cannot run it either".into());
        }
        let stand_in = format!("XxlGlueJob{}", row.id);
        findings.push(Finding::decide(
            "handlerName",
            format!(
                "glue_type {}: its code ({} bytes in glue_source of id {}) does not come along; bind a handler that does the \
                 same to `{stand_in}`",
                shown(row.glue_type),
                row.glue_bytes,
                row.id
            ),
        ));
        self.tally.add("the code kept in XXL-JOB itself (GLUE) does not come along; the job is written with a handler that is still to be made");
        Ok(stand_in)
    }

    fn schedule(&mut self, row: &JobRow<'_>, findings: &mut Vec<Finding>) -> Result<Carried, String> {
        match &row.planned {
            Planned::Cron(text) => {
                let carried = quartz_job::carry(text, "XXL-JOB")?;
                findings.extend(carried.finding);
                Ok(Carried {
                    form: Form::Cron(carried.expression),
                    old: carried.old,
                })
            }
            Planned::FixedRate(every) => Ok(self.fixed_rate(row, *every, findings)),
            Planned::FixedDelay(every) => {
                findings.push(Finding::decide(
                    "every",
                    "FIX_DELAY counts from the end of the last run, and no release of XXL-JOB fires it; here the grid is fixed, \
                     whatever a run takes",
                ));
                Ok(Carried {
                    form: Form::Every {
                        every: *every,
                        start_at: None,
                    },
                    old: OldSchedule::Unknown("FIX_DELAY: no release of XXL-JOB fires it".into()),
                })
            }
            Planned::None => {
                self.tally.add(
                    "without a schedule there (NONE); a job needs one, so it bears an expression of the past, which never fires: it \
                     starts by hand, through the API, or after another job",
                );
                Ok(never())
            }
            Planned::Unknown(kind) => {
                findings.push(Finding::decide(
                    "cronExpression",
                    format!(
                        "schedule_type `{}` is none of XXL-JOB's, which does not fire it; neither does this",
                        shown(kind)
                    ),
                ));
                Ok(never())
            }
        }
    }

    fn fixed_rate(&mut self, row: &JobRow<'_>, every: Interval, findings: &mut Vec<Finding>) -> Carried {
        let anchor = row.next_fire.filter(|_| row.running);
        if anchor.is_none() {
            findings.push(Finding::note(
                "every",
                "XXL-JOB counts from the moment in which the job is started there, wasmtab from the job's creation, unless you add startAt",
            ));
        } else {
            self.tally.add("FIX_RATE counts on from trigger_next_time (startAt); XXL-JOB counts anew whenever it was late");
        }
        Carried {
            form: Form::Every {
                every,
                start_at: anchor,
            },
            old: OldSchedule::FixedRate { anchor, every },
        }
    }

    fn finish(mut self) -> Import {
        chain::link(&mut self.jobs, &self.children, &mut self.tally);
        let zone = zone::check(&self.jobs, &self.next_fires, self.options.timezone);
        let (mut notes, warnings) = split(zone);
        notes.extend(self.tally.notes());
        Import {
            source: Source::XxlJob,
            timezone: self.options.timezone,
            jobs: self.jobs,
            left_out: self.left_out,
            notes,
            warnings,
        }
        .finish()
    }
}

/// A schedule, ours and theirs.
struct Carried {
    form: Form,
    old: OldSchedule,
}

enum Form {
    Cron(String),
    Every {
        every: Interval,
        start_at: Option<Timestamp>,
    },
}

fn never() -> Carried {
    Carried {
        form: Form::Cron(NEVER.into()),
        old: OldSchedule::Never,
    }
}
