//! Throwaway database servers for tests: each on a directory and a loopback port of its own, gone when it is dropped.
//!
//! Nothing of a server that may run on the machine is touched. Where the programs are missing, starting fails and names the package
//! to install; `cargo xtask test` installs it where it may.

mod mariadb;
mod postgres;
mod program;
mod server;

pub use self::{mariadb::MariaDb, postgres::Postgres};

/// The user of a throwaway server.
pub const USER: &str = "wasmtab";
/// Their password.
pub const PASSWORD: &str = "throw away";

/// Debian's packages that have to be installed before the servers can be started.
pub fn missing_packages() -> Vec<&'static str> {
    [postgres::PROGRAMS.missing(), mariadb::PROGRAMS.missing()].concat()
}

/// The same for PostgreSQL alone.
pub fn missing_postgres() -> Vec<&'static str> {
    postgres::PROGRAMS.missing()
}
