//! A throwaway MariaDB, for what is said to MySQL.

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    PASSWORD, USER,
    program::Programs,
    server::{Directory, Server, command, free_port, run},
};

pub(crate) static PROGRAMS: Programs<3> = Programs {
    title: "MariaDB",
    names: ["mariadb-install-db", "mariadbd", "my_print_defaults"],
    directories: &["/usr/bin", "/usr/sbin", "/usr/libexec"],
    // The first of the programs needs one of the client's.
    packages: &["mariadb-server-core", "mariadb-client-core"],
};

/// A running server.
#[derive(Debug)]
pub struct MariaDb {
    // Dropped in this order: the server ends before its directory goes.
    _server: Server,
    _directory: Directory,
    port: u16,
}

impl MariaDb {
    /// Starts one.
    pub fn start() -> Result<Self> {
        let [install, mariadbd, _] = PROGRAMS.find()?;
        let directory = Directory::new()?;
        let data = directory.path().join("data");
        let mut init = command(&install, &directory);
        init.arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()));
        init.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        run(init)?;

        let user = directory.file(
            "user.sql",
            &format!("CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO {USER}@'%';\n"),
        )?;
        let port = free_port()?;
        let mut serve = command(&mariadbd, &directory);
        serve
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()));
        serve.arg(format!("--socket={}", directory.path().join("socket").display()));
        serve.arg(format!("--init-file={}", user.display()));
        serve.arg(format!("--port={port}"));
        serve.args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
        ]);
        let server = Server::start(serve, "ready for connections", Signal::TERM)?;
        Ok(Self {
            _server: server,
            _directory: directory,
            port,
        })
    }

    /// The URL of a database; `mysql` is there from the start.
    pub fn url(&self, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("mysql://{USER}:{password}@127.0.0.1:{}/{database}", self.port)
    }
}
