//! Both servers come up, say where they are, and are gone afterwards.

use std::net::TcpStream;

use wasmtab_test_databases::{MariaDb, Postgres};

fn address(url: &str) -> &str {
    url.split('@')
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("a host and a port")
}

#[test]
fn postgresql_listens_until_it_is_dropped() {
    let server = Postgres::start().expect("PostgreSQL starts");
    let url = server.url("postgres");
    TcpStream::connect(address(&url)).expect("it listens");
    drop(server);
    TcpStream::connect(address(&url)).expect_err("it is gone");
}

#[test]
fn mariadb_listens_until_it_is_dropped() {
    let server = MariaDb::start().expect("MariaDB starts");
    let url = server.url("mysql");
    TcpStream::connect(address(&url)).expect("it listens");
    drop(server);
    TcpStream::connect(address(&url)).expect_err("it is gone");
}
