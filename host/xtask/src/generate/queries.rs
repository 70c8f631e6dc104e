//! What the compiler knows of each checked query, kept so that a build needs no database: a store's `.sqlx`.

use crate::repo;
use anyhow::{Context, Result, bail};
use sqlx::{ConnectOptions, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const CRATE: &str = "host/store-sqlite";
const MIGRATIONS: &str = "migrations/sqlite";

type Queries = BTreeMap<String, String>;

/// Checks every query against a database made from the migrations, and keeps what was found.
pub(crate) fn write() -> Result<()> {
    let fresh = fresh()?;
    let directory = kept_in();
    if read(&directory)? == fresh {
        println!("{CRATE}/.sqlx is up to date");
        return Ok(());
    }
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    for (name, content) in &fresh {
        fs::write(directory.join(name), content)?;
    }
    println!("{CRATE}/.sqlx was rewritten");
    Ok(())
}

/// Fails where what is kept is not what would be found now.
pub(crate) fn check() -> Result<()> {
    let (fresh, kept) = (fresh()?, read(&kept_in())?);
    if fresh != kept {
        bail!("{CRATE}/.sqlx is out of date; run `cargo xtask generate` and commit");
    }
    println!("{} queries of {CRATE} are up to date", kept.len());
    Ok(())
}

fn kept_in() -> PathBuf {
    repo::root().join(CRATE).join(".sqlx")
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

fn fresh() -> Result<Queries> {
    let scratch = tempfile::tempdir()?;
    let database = scratch.path().join("queries.db");
    let queries = scratch.path().join("queries");
    fs::create_dir(&queries)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(migrate(&database))?;
    // Cargo does not know that the queries depend on the database: a source that is newer makes it look again.
    touch(&repo::root().join(CRATE).join("src/lib.rs"))?;
    let mut cargo = repo::cargo(repo::root());
    cargo
        .args([
            "check",
            "--quiet",
            "--locked",
            "--package",
            "wasmtab-store-sqlite",
        ])
        .env("WASMTAB_SQLITE_URL", format!("sqlite:{}", database.display()))
        .env("SQLX_OFFLINE_DIR", &queries);
    repo::run(&mut cargo).context("a query does not hold against the migrations")?;
    read(&queries)
}

async fn migrate(database: &Path) -> Result<()> {
    let migrations = Migrator::new(repo::root().join(MIGRATIONS)).await?;
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true);
    let mut connection = options.connect().await?;
    migrations.run(&mut connection).await?;
    Ok(())
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
