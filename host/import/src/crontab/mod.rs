//! Crontabs: of a user, and of the system (`/etc/crontab`, `/etc/cron.d`), whose lines name a user.

mod command;
mod line;

use std::{collections::BTreeMap, time::Duration};

use chrono_tz::Tz;
use wasmtab_cron::{Dialect, Schedule};
use wasmtab_domain::{
    interval::Interval,
    policy::{Misfire, Overlap},
};

use self::{command::Command, line::Line};
use crate::{
    draft::JobDraft,
    names::{Names, clean, cut, shown},
    old::OldSchedule,
    outcome::{Finding, Import, Imported, LeftOut, Options, Source, Was, label},
    tally::Tally,
    vixie::Entry,
};

/// Whose crontab it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `crontab -l`: five fields and a command.
    User,
    /// Five fields, a user and a command.
    System,
}

/// The most bytes of a crontab; cron's own limit is 256 kB and more.
pub const MAX_CRONTAB: usize = 16 * 1024 * 1024;
/// Characters of a command that serve as a name.
const NAME_CHARS: usize = 80;

/// Carries the entries over.
pub fn import(text: &str, kind: Kind, options: &Options) -> Result<Import, String> {
    if text.len() > MAX_CRONTAB {
        return Err(format!("is larger than {} MiB", MAX_CRONTAB >> 20));
    }
    let mut importer = Importer {
        kind,
        options,
        names: Names::new(&options.prefix),
        tally: Tally::default(),
        jobs: Vec::new(),
        left_out: Vec::new(),
        environment: BTreeMap::new(),
        title: None,
    };
    for (number, line) in text.lines().enumerate() {
        importer.line(number + 1, line);
    }
    Ok(importer.finish())
}

struct Importer<'a> {
    kind: Kind,
    options: &'a Options,
    names: Names,
    tally: Tally,
    jobs: Vec<Imported>,
    left_out: Vec<LeftOut>,
    /// What the file has set so far.
    environment: BTreeMap<String, String>,
    /// The comment directly above.
    title: Option<String>,
}

impl Importer<'_> {
    fn line(&mut self, number: usize, text: &str) {
        let title = self.title.take();
        match Line::read(text, self.kind) {
            Line::Blank => {}
            Line::Comment(text) => self.title = title_of(text, self.kind),
            Line::Setting { name, value } => {
                self.environment.insert(name, value);
            }
            Line::Entry(entry) => {
                if let Err(reason) = self.entry(number, &entry, title.as_deref()) {
                    self.leave_out(number, text, reason);
                }
            }
            Line::Bad(reason) => self.leave_out(number, text, reason),
        }
    }

    fn leave_out(&mut self, number: usize, text: &str, reason: String) {
        self.left_out.push(LeftOut {
            origin: format!("line {number}"),
            name: shorten(&clean(text)),
            reason,
        });
    }

    fn entry(&mut self, number: usize, entry: &line::Entry<'_>, title: Option<&str>) -> Result<(), String> {
        let mut findings = Vec::new();
        let (expression, old) = schedule(entry.schedule, &mut findings)?;
        let command = Command::read(entry.command)?;
        let called = title.map_or_else(|| shorten(&clean(&command.line)), str::to_owned);
        let name = self.names.take(&called, &number.to_string(), &mut findings);
        let timezone = self.zone(&mut findings)?;
        let mut draft = JobDraft::new(name, command.handler_name(), timezone, self.options.timeout);
        draft.handler_param = Some(command.param());
        draft.cron_expression = Some(expression);
        draft.cron_dialect = Some(Dialect::Unix);
        draft.overlap = Overlap::Allow;
        draft.misfire = Misfire::Skip;
        draft.jitter = self.jitter(&mut findings);
        if let Some(user) = entry.user {
            draft.labels.push(label("user", user));
        } else if ["root", "www-data", "nobody"].contains(&command.first_word()) {
            findings.push(Finding::decide(
                "handlerParam",
                format!(
                    "the command begins with `{}`: is this a system crontab? --system reads a user there",
                    command.first_word()
                ),
            ));
        }
        if command.has_input {
            self.tally.add("the lines below the first one of handlerParam are what stood behind a `%`: the command's standard input");
        }
        if command.has_flag {
            findings.push(Finding::note(
                "handlerParam",
                "cron's own flag before the command (`-n`, `-`) is dropped",
            ));
        }
        self.tally.add(
            "`overlap: allow` and `misfire: skip`, as cron does; cron retries nothing, so retryCount is 0",
        );
        self.tally.add(format!(
            "cron ends no command; every run has a limit here, so monitorTimeout is {} (--timeout)",
            self.options.timeout
        ));
        self.jobs.push(Imported {
            origin: format!("line {number}"),
            was: Was::Running,
            draft,
            findings,
            old,
        });
        Ok(())
    }

    /// cronie's `CRON_TZ` holds for the entries below it.
    fn zone(&self, findings: &mut Vec<Finding>) -> Result<Tz, String> {
        let Some(said) = self.environment.get("CRON_TZ").filter(|said| !said.is_empty()) else {
            return Ok(self.options.timezone);
        };
        let zone: Tz = said
            .parse()
            .map_err(|_| format!("CRON_TZ is `{}`, which is not an IANA time zone", shown(said)))?;
        if zone != self.options.timezone {
            findings.push(Finding::decide(
                "timezone",
                format!("CRON_TZ={zone} stands above it. cronie follows that; Debian's cron does not, and then it is {}", self.options.timezone),
            ));
        }
        Ok(zone)
    }

    /// cronie's `RANDOM_DELAY`, in minutes.
    fn jitter(&self, findings: &mut Vec<Finding>) -> Interval {
        let delay = self
            .environment
            .get("RANDOM_DELAY")
            .and_then(|said| said.parse::<u64>().ok());
        match delay.filter(|minutes| (1..=24 * 60).contains(minutes)) {
            Some(minutes) => {
                findings.push(Finding::decide(
                    "jitter",
                    format!("RANDOM_DELAY={minutes} stands above it. cronie follows that; Debian's cron does not, and then jitter is 0"),
                ));
                Interval::from_secs(Duration::from_mins(minutes).as_secs())
            }
            None => Interval::from_secs(0),
        }
    }

    fn finish(self) -> Import {
        let mut notes = Vec::new();
        if !self.jobs.is_empty() {
            notes.push(
                "a command line is no handler: each job's handlerName is made from its program, and its handlerParam is the command line as \
                 cron would give it to the shell. Bind a handler that does the same work to each name"
                    .into(),
            );
        }
        let settings: Vec<String> = self
            .environment
            .iter()
            .map(|(name, value)| match name.as_str() {
                // Anything else may be a password.
                "MAILTO" | "SHELL" | "TZ" => format!("{name}={}", shown(value)),
                name => name.to_owned(),
            })
            .collect();
        if !settings.is_empty() {
            notes.push(format!(
                "the file sets {}: a handler has no environment of the machine. What cron mails (MAILTO), a run's log keeps; alerts are set up \
                 for the server",
                settings.join(", ")
            ));
        }
        notes.extend(self.tally.notes());
        Import {
            source: Source::Crontab,
            timezone: self.options.timezone,
            jobs: self.jobs,
            left_out: self.left_out,
            notes,
            warnings: Vec::new(),
        }
        .finish()
    }
}

/// Our expression and cron's reading of it.
fn schedule(text: &str, findings: &mut Vec<Finding>) -> Result<(String, OldSchedule), String> {
    if text == "@reboot" {
        return Err("@reboot is no time: let what starts the machine's services call the handler".into());
    }
    let ours = Schedule::parse(text, Some(Dialect::Unix));
    match (Entry::read(text), ours) {
        (Ok(entry), Ok(_)) => Ok((text.to_owned(), OldSchedule::Cron(entry))),
        // cronie takes FRI-SUN; a list says the same to everybody.
        (Ok(entry), Err(error)) if error.field() == "dayOfWeek" => match entry.with_weekdays_listed(text) {
            Some(listed) if Schedule::parse(&listed, Some(Dialect::Unix)).is_ok() => {
                findings.push(Finding::note(
                    "cronExpression",
                    format!("`{text}` is written `{listed}`"),
                ));
                Ok((listed, OldSchedule::Cron(entry)))
            }
            _ => Err(error.to_string()),
        },
        (Ok(_), Err(error)) => Err(error.to_string()),
        (Err(reason), Ok(_)) if !text.contains('~') => {
            findings.push(Finding::decide(
                "cronExpression",
                format!(
                    "cron refuses `{}` ({reason}), so that it never fired there; wasmtab takes it",
                    shown(text)
                ),
            ));
            Ok((
                text.to_owned(),
                OldSchedule::Unknown(format!("cron refuses it: {reason}")),
            ))
        }
        (Err(reason), _) => Err(reason),
    }
}

/// A comment that reads like a title, and not like an entry that somebody switched off.
fn title_of(comment: &str, kind: Kind) -> Option<String> {
    let text = clean(comment.trim_start_matches('#'));
    let is_text = text.chars().any(char::is_alphabetic) && text.chars().count() <= NAME_CHARS;
    let is_code = matches!(Line::read(&text, kind), Line::Setting { .. } | Line::Entry(_));
    (is_text && !is_code).then_some(text)
}

fn shorten(text: &str) -> String {
    let end = text.char_indices().nth(NAME_CHARS).map(|(at, _)| at);
    match end {
        Some(end) => format!("{}…", cut(text, end).trim_end()),
        None => text.to_owned(),
    }
}
