//! Bringing the schema up to date, and the way back.

use std::path::{Path, PathBuf};

use sqlx::{
    SqliteConnection,
    migrate::{AppliedMigration, Migrate, MigrateError, Migrator},
};
use wasmtab_store::Standing;

use crate::copy::{self, CopyError};

/// Where the migrator keeps what was applied.
const TABLE: &str = "_sqlx_migrations";
/// Copies of one version that lie beside a database at most; who has as many goes back and forth, and looks after them.
const COPIES: u32 = 100;

/// A schema that was brought up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version that it had.
    pub from: i64,
    /// The version that it has.
    pub to: i64,
    /// The database as it was before.
    pub copy: PathBuf,
    database: PathBuf,
}

impl Migrated {
    /// The commands that bring the database back as it was, once no server runs; what happened since is lost to it.
    pub fn way_back(&self) -> Vec<String> {
        let aside = format!("{}.after-{}", self.database.display(), self.to);
        let (database, copy) = (
            self.database.display().to_string(),
            self.copy.display().to_string(),
        );
        let (log, shared) = (format!("{database}-wal"), format!("{database}-shm"));
        vec![
            format!("mv {} {}", quoted(&database), quoted(&aside)),
            format!(
                "test ! -e {log} || mv {log} {}",
                quoted(&format!("{aside}-wal")),
                log = quoted(&log)
            ),
            format!("rm -f {}", quoted(&shared)),
            format!("cp {} {}", quoted(&copy), quoted(&database)),
        ]
    }
}

fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// Looks at the schema, and changes nothing.
pub(crate) async fn standing(
    connection: &mut SqliteConnection,
    wanted: &Migrator,
) -> Result<Standing, sqlx::Error> {
    Ok(compare(&applied(connection).await?, wanted))
}

fn compare(applied: &[AppliedMigration], wanted: &Migrator) -> Standing {
    let applied: Vec<_> = applied
        .iter()
        .map(|migration| (migration.version, &*migration.checksum))
        .collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|migration| (migration.version, &*migration.checksum))
        .collect();
    Standing::of(&applied, &wanted)
}

async fn applied(connection: &mut SqliteConnection) -> Result<Vec<AppliedMigration>, sqlx::Error> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)")
        .bind(TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(Vec::new());
    }
    match connection.list_applied_migrations(TABLE).await {
        Ok(applied) => Ok(applied),
        Err(MigrateError::Execute(error)) => Err(error),
        Err(other) => Err(sqlx::Error::Configuration(other.to_string().into())),
    }
}

/// Why a schema was not brought up to date.
#[derive(Debug)]
pub(crate) enum Failure {
    Look(sqlx::Error),
    Copy(CopyError),
    Migrate(MigrateError),
}

/// Applies what is missing. A database that holds something is copied first, beside itself.
pub(crate) async fn bring_up_to_date(
    connection: &mut SqliteConnection,
    database: &Path,
    wanted: &Migrator,
) -> Result<Option<Migrated>, Failure> {
    let before = standing(connection, wanted).await.map_err(Failure::Look)?;
    let Standing::Behind { at, wanted: latest } = before else {
        // What is unknown is refused with the migrator's own words.
        wanted.run(&mut *connection).await.map_err(Failure::Migrate)?;
        return Ok(None);
    };
    tracing::info!("the schema is of version {at} and goes to {latest}; the database is copied first");
    let copy = copy_before(connection, database, latest)
        .await
        .map_err(Failure::Copy)?;
    let migrated = Migrated {
        from: at,
        to: latest,
        copy,
        database: database.to_owned(),
    };
    if let Err(error) = wanted.run(&mut *connection).await {
        // Nothing was applied: the database is still its own copy. Keeping it would fill the disk, a restart at a time.
        if standing(connection, wanted).await.is_ok_and(|now| now == before)
            && let Err(error) = std::fs::remove_file(&migrated.copy)
        {
            tracing::warn!(%error, "{} was not removed: {error}", migrated.copy.display());
        }
        return Err(Failure::Migrate(error));
    }
    tracing::warn!(
        "the schema went from version {at} to {latest}; the database as it was before is {}. The way back, with the server stopped \
         and for the older version of wasmtab:\n  {}",
        migrated.copy.display(),
        migrated.way_back().join("\n  ")
    );
    Ok(Some(migrated))
}

async fn copy_before(
    connection: &mut SqliteConnection,
    database: &Path,
    version: i64,
) -> Result<PathBuf, CopyError> {
    let scratch = copy::scratch_in(copy::parent(database))?;
    copy::vacuum_into(connection, scratch.path()).await?;
    let name = |number: u32| {
        let mut name = database.as_os_str().to_owned();
        name.push(format!(".before-{version}"));
        if number > 1 {
            // Somebody went back and comes again: what lies there is of another time.
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    };
    let to = (1..COPIES).map(name).find(|path| !path.exists());
    let to = to.unwrap_or_else(|| name(COPIES));
    copy::finish(scratch, &to)?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use sqlx::{
        ConnectOptions, SqlSafeStr,
        migrate::{Migration, MigrationType},
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    };
    use tempfile::TempDir;

    use super::*;

    struct Bench {
        directory: TempDir,
        connection: SqliteConnection,
    }

    fn migrations(more: &[&'static str]) -> Migrator {
        let first = "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";
        let all = [&[first], more].concat();
        let migrations = all.iter().zip(1..).map(|(sql, version)| {
            Migration::new(
                version,
                "made up".into(),
                MigrationType::Simple,
                sql.into_sql_str(),
                false,
            )
        });
        Migrator::with_migrations(migrations.collect())
    }

    const SECOND: &str = "ALTER TABLE thing ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'";

    impl Bench {
        /// A database of the first version with one thing in it.
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let mut connection = SqliteConnectOptions::new()
                .filename(directory.path().join("it's.db"))
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .connect()
                .await
                .unwrap();
            let file = directory.path().join("it's.db");
            let made = bring_up_to_date(&mut connection, &file, &migrations(&[])).await;
            assert_eq!(made.unwrap(), None);
            sqlx::query("INSERT INTO thing (name) VALUES ('kept')")
                .execute(&mut connection)
                .await
                .unwrap();
            Self {
                directory,
                connection,
            }
        }

        fn file(&self) -> PathBuf {
            self.directory.path().join("it's.db")
        }

        async fn migrate(&mut self, more: &[&'static str]) -> Result<Option<Migrated>, Failure> {
            let file = self.file();
            bring_up_to_date(&mut self.connection, &file, &migrations(more)).await
        }

        fn copies(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.directory.path()).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut copies: Vec<_> = names.filter(|name| name.contains(".before-")).collect();
            copies.sort();
            copies
        }
    }

    async fn names(file: &Path) -> Vec<String> {
        let mut connection = copy::open_copy(file).await.unwrap();
        sqlx::query_scalar("SELECT name FROM thing")
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_new_or_current_database_is_not_copied() {
        let mut bench = Bench::new().await;
        assert_eq!(bench.migrate(&[]).await.unwrap(), None);
        assert_eq!(bench.copies(), [] as [&str; 0]);
    }

    #[tokio::test]
    async fn an_older_database_is_copied_before_it_changes() {
        let mut bench = Bench::new().await;
        let migrated = bench.migrate(&[SECOND]).await.unwrap().unwrap();
        assert_eq!((migrated.from, migrated.to), (1, 2));
        assert_eq!(bench.copies(), ["it's.db.before-2"]);
        assert_eq!(names(&migrated.copy).await, ["kept"]);
        let mut copy = copy::open_copy(&migrated.copy).await.unwrap();
        assert_eq!(
            standing(&mut copy, &migrations(&[])).await.unwrap(),
            Standing::Current(1)
        );
        assert_eq!(
            standing(&mut bench.connection, &migrations(&[])).await.unwrap(),
            Standing::Unknown("it has version 2, which is newer or foreign".into())
        );
    }

    #[tokio::test]
    async fn the_way_back_is_a_shell_script_that_works() {
        use sqlx::Connection as _;

        let mut bench = Bench::new().await;
        let migrated = bench.migrate(&[SECOND]).await.unwrap().unwrap();
        sqlx::query("INSERT INTO thing (name) VALUES ('later')")
            .execute(&mut bench.connection)
            .await
            .unwrap();
        let Bench {
            directory,
            connection,
        } = bench;
        connection.close().await.unwrap();
        let script = migrated.way_back().join(" && ");
        let done = std::process::Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap();
        assert!(done.success(), "{script}");
        let file = directory.path().join("it's.db");
        assert_eq!(names(&file).await, ["kept"]);
        let aside = directory.path().join("it's.db.after-2");
        assert_eq!(names(&aside).await, ["kept", "later"]);
    }

    #[tokio::test]
    async fn who_went_back_and_comes_again_gets_a_copy_of_that_time() {
        let mut bench = Bench::new().await;
        std::fs::write(bench.directory.path().join("it's.db.before-2"), "older").unwrap();
        let migrated = bench.migrate(&[SECOND]).await.unwrap().unwrap();
        assert!(migrated.copy.ends_with("it's.db.before-2-2"));
        assert_eq!(names(&migrated.copy).await, ["kept"]);
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_no_heap_of_copies() {
        let mut bench = Bench::new().await;
        let wrong = "ALTER TABLE nothing ADD COLUMN colour TEXT";
        for _ in 0..2 {
            assert!(matches!(bench.migrate(&[wrong]).await, Err(Failure::Migrate(_))));
            assert_eq!(bench.copies(), [] as [&str; 0]);
        }
        // Where a part was applied, the copy is all that is left of the beginning.
        assert!(bench.migrate(&[SECOND, wrong]).await.is_err());
        assert_eq!(bench.copies(), ["it's.db.before-3"]);
        assert!(bench.migrate(&[SECOND, wrong]).await.is_err());
        assert_eq!(bench.copies(), ["it's.db.before-3"]);
    }
}
