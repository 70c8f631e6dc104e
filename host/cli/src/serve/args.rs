//! The flags of `serve`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use wasmtab_store_postgres::{DEFAULT_SCHEMA, Schema};

use super::retention::RetentionArgs;
use crate::input::when;

/// How a server is set up. Every flag has its variable.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    /// The database: sqlite:PATH, or postgres://… for several nodes [default: a file in the data directory]
    #[arg(
        long,
        env = "WASMTAB_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) database_url: Option<String>,
    /// The schema of PostgreSQL in which everything is kept
    #[arg(long, env = "WASMTAB_DATABASE_SCHEMA", value_name = "NAME", default_value = DEFAULT_SCHEMA)]
    pub(crate) database_schema: Schema,
    /// Where everything is kept: the database, compiled code; beside PostgreSQL, compiled code alone
    #[arg(
        long,
        env = "WASMTAB_DATA_DIR",
        value_name = "DIR",
        default_value = "./wasmtab-data"
    )]
    pub(crate) data_dir: PathBuf,
    /// Where the API listens
    #[arg(
        long,
        env = "WASMTAB_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:7320"
    )]
    pub(crate) listen: SocketAddr,
    /// Guests that compute for long at once; quick ones never wait for them [default: one a core]
    #[arg(long, env = "WASMTAB_WORKERS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) workers: Option<u32>,
    /// Attempts that go on at once; one that waits for work elsewhere takes no place [default: 64 for each of the workers]
    #[arg(long, env = "WASMTAB_CONCURRENCY", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) concurrency: Option<u32>,
    /// The zone of jobs that name none, when the database is made [default: the system's]
    #[arg(long, env = "WASMTAB_TIMEZONE", value_name = "ZONE", value_parser = zone)]
    pub(crate) timezone: Option<chrono_tz::Tz>,
    /// How long a stop waits for running attempts
    #[arg(long, env = "WASMTAB_DRAIN_TIMEOUT", value_name = "LENGTH", value_parser = when::length, default_value = "30s")]
    pub(crate) drain_timeout: Duration,
    #[command(flatten)]
    pub(crate) retention: RetentionArgs,
    /// Components here are uploaded at the start, and activated when they are new
    #[arg(long, env = "WASMTAB_PLUGIN_DIR", value_name = "DIR")]
    pub(crate) plugin_dir: Option<PathBuf>,
    /// An administrator's API token, for automation; without it the first start prints a one-time code
    #[arg(
        long,
        env = "WASMTAB_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) admin_token: Option<String>,
    /// Ask for a token at /metrics too, of any role; otherwise it is as open as /healthz
    #[arg(long, env = "WASMTAB_GUARD_METRICS")]
    pub(crate) guard_metrics: bool,
}

fn zone(said: &str) -> Result<chrono_tz::Tz, String> {
    said.parse()
        .map_err(|_| format!("`{said}` is not an IANA time zone like Asia/Shanghai or UTC"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        serve: ServeArgs,
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let serve = Flags::try_parse_from(["serve"]).unwrap().serve;
        assert_eq!(serve.listen.to_string(), "127.0.0.1:7320");
        assert_eq!(serve.data_dir, PathBuf::from("./wasmtab-data"));
        assert_eq!(serve.concurrency, None);
        assert_eq!(serve.drain_timeout, Duration::from_secs(30));
    }

    #[test]
    fn a_server_without_a_place_for_an_attempt_is_refused() {
        for concurrency in ["0", "65537", "many"] {
            assert!(
                Flags::try_parse_from(["serve", "--concurrency", concurrency]).is_err(),
                "{concurrency}"
            );
        }
        let serve = Flags::try_parse_from(["serve", "--concurrency", "3"])
            .unwrap()
            .serve;
        assert_eq!(serve.concurrency, Some(3));
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        assert!(Flags::try_parse_from(["serve", "--timezone", "Mars/Olympus"]).is_err());
    }
}
