//! `wasmtab cron`: what an expression means, without a server.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use wasmtab_cron::{ClockChange, Lang, Schedule};

use crate::{
    context::Context,
    exit::Failure,
    input::{lang, when},
    output::{self, cell},
};

#[derive(Debug, Subcommand)]
pub(crate) enum CronCommand {
    /// The next fires of an expression
    Next(NextArgs),
    /// An expression in words
    Explain(ExplainArgs),
}

#[derive(Args, Debug)]
pub(crate) struct NextArgs {
    #[command(flatten)]
    expression: ExpressionArgs,
    /// The IANA zone whose wall clock it follows [default: the system's]
    #[arg(long, visible_alias = "timezone", value_name = "ZONE")]
    tz: Option<String>,
    /// Fires after this instant (RFC 3339) [default: now]
    #[arg(long, value_name = "INSTANT")]
    after: Option<String>,
    /// How many
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    n: u32,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    expression: ExpressionArgs,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Args, Debug)]
struct ExpressionArgs {
    /// The expression, in quotes
    #[arg(allow_hyphen_values = true)]
    expression: String,
    /// How it is read [default: by its number of fields]
    #[arg(long, value_enum)]
    dialect: Option<Dialect>,
}

#[derive(Args, Debug)]
struct LangArgs {
    /// The language of the words [default: as the environment's LANG says]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dialect {
    /// Five fields, from minutes
    Unix,
    /// Six or seven fields, from seconds
    Quartz,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

impl CronCommand {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Next(args) => args.run(context),
            Self::Explain(args) => args.run(context),
        }
    }
}

impl NextArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let schedule = self.expression.parse()?;
        let zone = zone(self.tz.as_deref())?;
        let after = match &self.after {
            Some(said) => when::instant("--after", said)?,
            None => context.now(),
        };
        let fires = fires(&schedule, zone, after.to_chrono(), self.n as usize);
        let next: Vec<String> = fires.iter().map(|fire| in_zone(*fire, zone)).collect();
        context.out.many(&json!({ "next": next }), "next", |_| {
            let mut shown = format!("{}  ({zone})\n", schedule.describe(self.lang.lang()));
            for fire in &fires {
                shown.push_str(&cell::instant(&in_zone(*fire, zone)));
                if let Some(change) = schedule.clock_change(zone, *fire) {
                    shown.push_str("  ");
                    shown.push_str(flag(change));
                }
                shown.push('\n');
            }
            if fires.is_empty() {
                shown.push_str("it does not fire any more\n");
            }
            shown
        })
    }
}

impl ExplainArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let schedule = self.expression.parse()?;
        let description = schedule.describe(self.lang.lang());
        let explained = json!({
            "expression": self.expression.expression,
            "dialect": schedule.dialect().to_string(),
            "description": description,
        });
        context.out.one(&explained, |explained: &Value| {
            format!("{}\n", cell::text(explained, "/description"))
        })
    }
}

impl ExpressionArgs {
    fn parse(&self) -> Result<Schedule, Failure> {
        let dialect = self.dialect.map(|dialect| match dialect {
            Dialect::Unix => wasmtab_cron::Dialect::Unix,
            Dialect::Quartz => wasmtab_cron::Dialect::Quartz,
        });
        Schedule::parse(&self.expression, dialect).map_err(Failure::usage)
    }
}

impl LangArgs {
    fn lang(&self) -> Lang {
        match self.lang {
            Some(Language::Zh) => Lang::Zh,
            Some(Language::En) => Lang::En,
            None => lang::of_environment(),
        }
    }
}

/// The zone that was named, else the system's.
fn zone(said: Option<&str>) -> Result<Tz, Failure> {
    if let Some(said) = said {
        return said.parse().map_err(|_| {
            Failure::usage(format!(
                "--tz: `{said}` is not an IANA time zone like Asia/Shanghai or UTC"
            ))
        });
    }
    let system = iana_time_zone::get_timezone()
        .ok()
        .and_then(|name| name.parse().ok());
    if system.is_none() {
        output::warn("the system's time zone is not known; the times are UTC. --tz names another");
    }
    Ok(system.unwrap_or(Tz::UTC))
}

fn fires(schedule: &Schedule, zone: Tz, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
    let first = schedule.next_after(zone, after);
    std::iter::successors(first, |fire| schedule.next_after(zone, *fire))
        .take(count)
        .collect()
}

fn in_zone(fire: DateTime<Utc>, zone: Tz) -> String {
    fire.with_timezone(&zone)
        .to_rfc3339_opts(SecondsFormat::Secs, false)
}

const fn flag(change: ClockChange) -> &'static str {
    match change {
        ClockChange::Gap => {
            "clock change: the planned time does not exist on this day; it fires right after the gap"
        }
        ClockChange::Repeated => "clock change: this time comes twice on this day",
    }
}
