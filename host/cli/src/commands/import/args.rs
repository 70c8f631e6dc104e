//! The flags of `wasmtab import`.

use std::path::{Path, PathBuf};

use clap::Args;
use wasmtab_domain::{interval::Interval, time::Timestamp};
use wasmtab_import::{Options, crontab::Kind};

use crate::{exit::Failure, input::when};

#[derive(Args, Debug)]
pub(crate) struct CrontabArgs {
    #[command(flatten)]
    pub(super) from: FromArgs,
    /// Lines name a user after the schedule [default: for /etc/crontab and files in /etc/cron.d]
    #[arg(long, conflicts_with = "user")]
    system: bool,
    /// Lines name no user, wherever the file lies
    #[arg(long)]
    user: bool,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SqlArgs {
    #[command(flatten)]
    pub(super) from: FromArgs,
    /// The schema (MySQL: the database) that has the tables, where several have
    #[arg(long, value_name = "NAME")]
    pub(super) schema: Option<String>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Args, Debug)]
pub(crate) struct FromArgs {
    /// The file; `-` reads standard input
    #[arg(value_name = "FILE", conflicts_with = "from")]
    file: Option<String>,
    /// The file, or a database: mysql://USER:PASSWORD@HOST/DATABASE, postgres://… [env: WASMTAB_IMPORT_FROM]
    #[arg(long, value_name = "FILE|URL")]
    from: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CommonArgs {
    /// The IANA zone of the old system's schedules: none of them writes it down
    #[arg(long, visible_alias = "tz", value_name = "ZONE")]
    timezone: String,
    /// The jobs file to write; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "jobs.yaml")]
    pub(super) out: String,
    /// The report to write [default: beside the jobs file, as jobs.report.md]
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long)]
    pub(super) force: bool,
    /// What every job's name begins with
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// The limit of runs that had none there: their monitorTimeout
    #[arg(long, value_name = "LENGTH", default_value = "1d")]
    timeout: String,
    /// Print the old system's next fires beside wasmtab's
    #[arg(long)]
    pub(super) compare: bool,
    /// How many fires are compared
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) n: u32,
    /// Compare the fires after this instant (RFC 3339) [default: now]
    #[arg(long, value_name = "INSTANT")]
    after: Option<String>,
}

impl FromArgs {
    /// The variable keeps a password out of the list of processes. It gives way to both arguments, which clap's own would not.
    pub(super) fn get(&self) -> Result<String, Failure> {
        self.file
            .clone()
            .or(self.from.clone())
            .or_else(|| std::env::var("WASMTAB_IMPORT_FROM").ok())
            .filter(|said| !said.is_empty())
            .ok_or_else(|| Failure::usage("--from: say where the jobs are"))
    }
}

impl CrontabArgs {
    pub(super) fn kind(&self, path: &Path) -> Kind {
        let is_systems = path == Path::new("/etc/crontab") || path.parent() == Some(Path::new("/etc/cron.d"));
        if self.system || (is_systems && !self.user) {
            Kind::System
        } else {
            Kind::User
        }
    }
}

impl CommonArgs {
    pub(super) fn options(&self) -> Result<Options, Failure> {
        let timezone = self.timezone.parse().map_err(|_| {
            Failure::usage(format!(
                "--timezone: `{}` is not an IANA time zone like Asia/Shanghai or UTC",
                self.timezone
            ))
        })?;
        let timeout = match self.timeout.parse::<Interval>() {
            Ok(timeout) if timeout.as_secs() > 0 => timeout,
            Ok(_) => return Err(Failure::usage("--timeout: must be at least one second")),
            Err(reason) => return Err(Failure::usage(format!("--timeout: {reason}"))),
        };
        if self.prefix.len() > 100 || self.prefix.chars().any(char::is_control) {
            return Err(Failure::usage(
                "--prefix: at most 100 bytes, without control characters",
            ));
        }
        Ok(Options {
            timezone,
            prefix: self.prefix.clone(),
            timeout,
        })
    }

    pub(super) fn after(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        match &self.after {
            Some(said) => when::instant("--after", said),
            None => Ok(now),
        }
    }
}
