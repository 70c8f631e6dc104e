//! What the compiler knows of each checked query, kept so that a build needs no database: each store's `.sqlx`.

use crate::{repo, test::databases};
use anyhow::{Context, Result, bail};
use sqlx::{ConnectOptions, migrate::Migrator, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtab_test_databases::Postgres;

/// A store whose queries are checked.
struct Store {
    folder: &'static str,
    migrations: &'static str,
    /// The variable that its `sqlx.toml` names.
    variable: &'static str,
    /// Makes a database of the migrations, somewhere below the directory.
    database: fn(&Path, &Path) -> Result<Database>,
}

/// A database for as long as this lives.
struct Database {
    url: String,
    _server: Option<Postgres>,
}

const STORES: &[Store] = &[
    Store {
        folder: "host/store-sqlite",
        migrations: "migrations/sqlite",
        variable: "WASMTAB_SQLITE_URL",
        database: sqlite,
    },
    Store {
        folder: "host/store-postgres",
        migrations: "migrations/postgres",
        variable: "WASMTAB_POSTGRES_URL",
        database: postgres,
    },
];

type Queries = BTreeMap<String, String>;

/// Checks every query against databases made from the migrations, and keeps what was found.
pub(crate) fn write() -> Result<()> {
    for (store, fresh) in fresh()? {
        let directory = store.kept_in();
        if read(&directory)? == fresh {
            println!("{}/.sqlx is up to date", store.folder);
            continue;
        }
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        for (name, content) in &fresh {
            fs::write(directory.join(name), content)?;
        }
        println!("{}/.sqlx was rewritten", store.folder);
    }
    Ok(())
}

/// Fails where what is kept is not what would be found now.
pub(crate) fn check() -> Result<()> {
    for (store, fresh) in fresh()? {
        let kept = read(&store.kept_in())?;
        if fresh != kept {
            bail!(
                "{}/.sqlx is out of date; run `cargo xtask generate` and commit",
                store.folder
            );
        }
        println!("{} queries of {} are up to date", kept.len(), store.folder);
    }
    Ok(())
}

impl Store {
    fn kept_in(&self) -> PathBuf {
        repo::root().join(self.folder).join(".sqlx")
    }
}

fn read(directory: &Path) -> Result<Queries> {
    let mut queries = Queries::new();
    if !directory.exists() {
        return Ok(queries);
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        queries.insert(name, fs::read_to_string(&path)?);
    }
    Ok(queries)
}

/// The queries of each store as they are now.
fn fresh() -> Result<Vec<(&'static Store, Queries)>> {
    let scratch = tempfile::tempdir()?;
    let mut databases = Vec::new();
    for store in STORES {
        databases.push((store.database)(
            scratch.path(),
            &repo::root().join(store.migrations),
        )?);
    }
    let check = |name: &str| {
        let queries = scratch.path().join(name);
        fs::create_dir(&queries)?;
        let mut cargo = repo::cargo(repo::root());
        // The whole workspace is named, so that no dependency is checked anew with other features.
        cargo
            .args(["check", "--quiet", "--locked", "--workspace", "--lib"])
            .env("SQLX_OFFLINE_DIR", &queries)
            .envs(
                STORES
                    .iter()
                    .zip(&databases)
                    .map(|(store, database)| (store.variable, &database.url)),
            );
        repo::run(&mut cargo).context("the stores do not compile against their migrations")?;
        read(&queries)
    };
    // Whatever has changed is compiled first, so that each store is alone afterwards: words that both use bear the same name.
    check("changed")?;
    let mut of_each = Vec::new();
    for (number, store) in STORES.iter().enumerate() {
        // Cargo does not know that the queries depend on the database: a source that is newer makes it look again.
        touch(&repo::root().join(store.folder).join("src/lib.rs"))?;
        of_each.push((store, check(&number.to_string())?));
    }
    Ok(of_each)
}

fn sqlite(scratch: &Path, migrations: &Path) -> Result<Database> {
    let file = scratch.join("queries.db");
    block_on(async {
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let mut connection = options.connect().await?;
        Migrator::new(migrations).await?.run(&mut connection).await?;
        anyhow::Ok(())
    })?;
    Ok(Database {
        url: format!("sqlite:{}", file.display()),
        _server: None,
    })
}

fn postgres(_scratch: &Path, migrations: &Path) -> Result<Database> {
    databases::ensure(wasmtab_test_databases::missing_postgres)?;
    let server = Postgres::start()?;
    let url = server.url("postgres");
    block_on(async {
        let mut connection = url.parse::<PgConnectOptions>()?.connect().await?;
        Migrator::new(migrations).await?.run(&mut connection).await?;
        anyhow::Ok(())
    })?;
    Ok(Database {
        url,
        _server: Some(server),
    })
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file's age is about the machine's own clock"
)]
fn touch(file: &Path) -> Result<()> {
    File::options()
        .append(true)
        .open(file)?
        .set_modified(SystemTime::now())?;
    Ok(())
}
