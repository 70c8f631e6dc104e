//! A throwaway PostgreSQL.

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    PASSWORD, USER,
    program::Programs,
    server::{Directory, Server, command, free_port, run},
};

pub(crate) static PROGRAMS: Programs<2> = Programs {
    title: "PostgreSQL",
    names: ["initdb", "postgres"],
    directories: &["/usr/lib/postgresql/*/bin"],
    packages: &["postgresql"],
};

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    // Dropped in this order: the server ends before its directory goes.
    server: Server,
    directory: Directory,
    port: u16,
}

impl Postgres {
    /// Starts one. Nothing outlives a crash of it: it never syncs.
    pub fn start() -> Result<Self> {
        let [initdb, postgres] = PROGRAMS.find()?;
        let directory = Directory::new()?;
        let password = directory.file("password", PASSWORD)?;
        let data = directory.path().join("data");
        let mut init = command(&initdb, &directory);
        init.args([
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
        ]);
        init.arg(format!("--username={USER}"));
        init.arg("--pwfile").arg(password).arg("--pgdata").arg(&data);
        run(init)?;

        let port = free_port()?;
        let mut serve = command(&postgres, &directory);
        serve.arg("-D").arg(&data);
        serve.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        for setting in [
            "unix_socket_directories=",
            "fsync=off",
            "logging_collector=off",
            "max_connections=300",
        ] {
            serve.args(["-c", setting]);
        }
        // SIGINT: end sessions and stop at once.
        let server = Server::start(serve, "ready to accept connections", Signal::INT)?;
        Ok(Self {
            server,
            directory,
            port,
        })
    }

    /// Starts one for all of this process: it ends with it.
    pub fn start_until_exit() -> Result<&'static Self> {
        let postgres = Self::start()?;
        let line = postgres.server.until_exit(&postgres.directory)?;
        // Neither is dropped any more: the end of the process is the end of both.
        std::mem::forget(line);
        Ok(Box::leak(Box::new(postgres)))
    }

    /// The URL of a database; `postgres` is there from the start.
    pub fn url(&self, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{USER}:{password}@127.0.0.1:{}/{database}", self.port)
    }
}
