//! The flags that say what of the log is kept.

use std::time::Duration;

use clap::Args;
use wasmtab_domain::retention::Retention;

use crate::input::when;

/// How long, and how much.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RetentionArgs {
    /// How long the log is kept: ended runs with all their attempts, and skipped fires
    #[arg(long, env = "WASMTAB_RETENTION", value_name = "LENGTH", value_parser = when::length, default_value = "14d")]
    retention: Duration,
    /// How long runs that succeeded are kept [default: as --retention says]
    #[arg(long, env = "WASMTAB_RETENTION_SUCCESSES", value_name = "LENGTH", value_parser = when::length)]
    retention_successes: Option<Duration>,
    /// How long runs that ended in any other way are kept [default: as --retention says]
    #[arg(long, env = "WASMTAB_RETENTION_FAILURES", value_name = "LENGTH", value_parser = when::length)]
    retention_failures: Option<Duration>,
    /// How long skipped fires are kept [default: as --retention says]
    #[arg(long, env = "WASMTAB_RETENTION_SKIPPED", value_name = "LENGTH", value_parser = when::length)]
    retention_skipped: Option<Duration>,
    /// How many ended runs of each job are kept at most, and apart from them how many rows of skipped fires, however young
    /// [default: no bound]
    #[arg(long, env = "WASMTAB_RETENTION_COUNT", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    retention_count: Option<u32>,
}

impl From<RetentionArgs> for Retention {
    fn from(args: RetentionArgs) -> Self {
        Self {
            successes: args.retention_successes.unwrap_or(args.retention),
            failures: args.retention_failures.unwrap_or(args.retention),
            skipped: args.retention_skipped.unwrap_or(args.retention),
            count: args.retention_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        retention: RetentionArgs,
    }

    fn read(flags: &[&str]) -> Retention {
        Flags::try_parse_from([&["serve"], flags].concat())
            .unwrap()
            .retention
            .into()
    }

    #[test]
    fn everything_is_kept_for_a_fortnight() {
        assert_eq!(read(&[]), Retention::all(Duration::from_hours(14 * 24)));
    }

    #[test]
    fn what_is_said_of_a_kind_holds_over_what_is_said_of_all() {
        let flags = [
            "--retention",
            "7d",
            "--retention-failures",
            "90d",
            "--retention-count",
            "500",
        ];
        assert_eq!(
            read(&flags),
            Retention {
                failures: Duration::from_hours(90 * 24),
                count: Some(500),
                ..Retention::all(Duration::from_hours(7 * 24))
            }
        );
        assert!(Flags::try_parse_from(["serve", "--retention-count", "0"]).is_err());
    }
}
