//! Where the jobs are: a file or a database, as `--from` says it.

use std::{fmt, path::PathBuf};

use crate::exit::Failure;

/// A file or a database.
#[derive(Debug)]
pub(super) enum Origin {
    File(PathBuf),
    Database(DatabaseUrl),
}

/// The URL of a database. It shows itself without the password.
#[derive(Debug)]
pub(super) struct DatabaseUrl {
    pub(super) kind: DatabaseKind,
    pub(super) url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatabaseKind {
    MySql,
    Postgres,
}

const SCHEMES: [(&str, DatabaseKind); 4] = [
    ("mysql://", DatabaseKind::MySql),
    ("mariadb://", DatabaseKind::MySql),
    ("postgres://", DatabaseKind::Postgres),
    ("postgresql://", DatabaseKind::Postgres),
];

impl Origin {
    pub(super) fn of(said: &str) -> Result<Self, Failure> {
        for (scheme, kind) in SCHEMES {
            if said.starts_with(scheme) {
                let url = said.to_owned();
                return Ok(Self::Database(DatabaseUrl { kind, url }));
            }
        }
        Self::of_file(said)
    }

    /// A file, and nothing that was meant as a URL.
    pub(super) fn of_file(said: &str) -> Result<Self, Failure> {
        if let Some(rest) = said.strip_prefix("jdbc:") {
            let scheme = rest.split("://").next().unwrap_or_default();
            return Err(Failure::usage(format!(
                "--from: a URL of JDBC is not understood: write {scheme}://USER:PASSWORD@HOST:PORT/DATABASE"
            )));
        }
        if let Some((scheme, _)) = said.split_once("://") {
            return Err(Failure::usage(format!(
                "--from: `{scheme}://` is neither a file nor mysql:// nor postgres://"
            )));
        }
        Ok(Self::File(said.into()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) if path.as_os_str() == "-" => f.write_str("standard input"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Database(database) => write!(f, "{database}"),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters may hold a password too.
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match rest.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}@{host}")
            }
            None => write!(f, "{scheme}://{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (said, shown) in [
            (
                "mysql://root:p@ss:word@db:3306/xxl_job",
                "mysql://root@db:3306/xxl_job",
            ),
            ("postgres://u@h/d?password=secret", "postgres://u@h/d"),
            ("postgresql://h/d", "postgresql://h/d"),
        ] {
            assert_eq!(Origin::of(said).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_neither_file_nor_database_is_refused_with_advice() {
        let refused = Origin::of("jdbc:mysql://h:3306/xxl_job?user=u").unwrap_err();
        assert!(
            refused.message.contains("mysql://USER:PASSWORD@HOST"),
            "{refused}"
        );
        let refused = Origin::of("oracle://h/x").unwrap_err();
        assert!(refused.message.starts_with("--from: `oracle://`"), "{refused}");
        assert!(matches!(Origin::of("C:dump.sql"), Ok(Origin::File(_))));
    }
}
