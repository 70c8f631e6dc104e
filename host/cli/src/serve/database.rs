//! Which database keeps everything: a file of SQLite, or a schema on a PostgreSQL that several nodes share.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use wasmtab_scheduler::{SystemTimer, Timer};
use wasmtab_store::Store;
use wasmtab_store_postgres::{PostgresStore, Schema};
use wasmtab_store_sqlite::SqliteStore;

use super::shared_clock::SharedClock;
use crate::exit::Failure;

/// Where everything is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// A file of SQLite.
    File(PathBuf),
    /// A schema on a server.
    Postgres {
        /// With a password, perhaps: it is never shown.
        url: String,
        /// Where all tables lie.
        schema: Schema,
    },
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Postgres { schema, .. } => f
                .debug_struct("Postgres")
                .field("schema", schema)
                .finish_non_exhaustive(),
        }
    }
}

/// An open database, and the clock that goes with it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) timer: Arc<dyn Timer>,
}

impl Database {
    /// What `--database-url` names; a file in the data directory where it says nothing.
    pub(crate) fn of(url: Option<&str>, schema: &Schema, data_dir: &Path) -> Result<Self, Failure> {
        let Some(url) = url else {
            return Ok(Self::File(data_dir.join("wasmtab.db")));
        };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres {
                url: url.to_owned(),
                schema: schema.clone(),
            });
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.trim_start_matches("//").is_empty() => {
                Ok(Self::File(path.strip_prefix("//").unwrap_or(path).into()))
            }
            Some(_) => Err(Failure::usage(
                "database-url: `sqlite:` is followed by the path of a file",
            )),
            None => Err(Failure::usage(
                "database-url: must be sqlite:PATH or postgres://…",
            )),
        }
    }

    /// The file, for what is SQLite's alone. `instead` says what PostgreSQL has for it.
    pub(crate) fn into_file(self, instead: &str) -> Result<PathBuf, Failure> {
        match self {
            Self::File(file) => Ok(file),
            Self::Postgres { .. } => Err(Failure::usage(format!("database-url: {instead}"))),
        }
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Postgres { .. } => None,
        }
    }

    /// Opens it, made and brought up to date where it has to be.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        match self {
            Self::File(file) => Ok(Opened {
                store: Arc::new(SqliteStore::open(file).await.map_err(Failure::own)?),
                timer: Arc::new(SystemTimer),
            }),
            Self::Postgres { url, schema } => {
                let store = PostgresStore::open(url, schema.clone())
                    .await
                    .map_err(Failure::own)?;
                let store = Arc::new(store);
                let timer = SharedClock::of(&store).await.map_err(Failure::own)?;
                Ok(Opened { store, timer })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Database, Failure> {
        Database::of(Some(url), &Schema::default(), Path::new("/data"))
    }

    #[test]
    fn a_url_names_a_file_or_a_server() {
        let file = |path: &str| Ok(Database::File(path.into()));
        assert_eq!(of("sqlite:/a/b.db"), file("/a/b.db"));
        assert_eq!(of("sqlite:b.db"), file("b.db"));
        assert_eq!(of("sqlite:///a/b.db"), file("/a/b.db"));
        assert_eq!(
            Database::of(None, &Schema::default(), Path::new("/data")),
            file("/data/wasmtab.db")
        );
        for url in ["postgres://host/db", "postgresql://host/db"] {
            assert!(matches!(of(url), Ok(Database::Postgres { .. })), "{url}");
        }
        for url in ["sqlite:", "sqlite://", "mysql://host/db", "postgres:db", ""] {
            assert!(of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let shown = format!("{:?}", of("postgres://ann:hush@host/db").unwrap());
        assert!(!shown.contains("hush") && !shown.contains("ann"), "{shown}");
    }
}
