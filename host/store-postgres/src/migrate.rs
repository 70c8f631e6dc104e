//! Bringing the schema up to date.

use sqlx::{
    AssertSqlSafe, PgConnection,
    migrate::{AppliedMigration, Migrate, MigrateError, Migrator},
};
use wasmtab_store::Standing;

use crate::schema::Schema;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Where the migrator keeps what was applied.
const TABLE: &str = "_sqlx_migrations";

/// A schema that was brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version that it had.
    pub from: i64,
    /// The version that it has.
    pub to: i64,
}

/// Looks at the schema, and changes nothing.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    schema: &Schema,
    wanted: &Migrator,
) -> Result<Standing, sqlx::Error> {
    Ok(compare(&applied(connection, schema).await?, wanted))
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

async fn applied(
    connection: &mut PgConnection,
    schema: &Schema,
) -> Result<Vec<AppliedMigration>, sqlx::Error> {
    let there: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = $2)",
    )
    .bind(schema.as_str())
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

/// Applies what is missing; nodes that start together wait for one another.
pub(crate) async fn bring_up_to_date(
    connection: &mut PgConnection,
    schema: &Schema,
    wanted: &Migrator,
) -> Result<Option<Migrated>, MigrateError> {
    make_schema(connection, schema).await?;
    let before = standing(connection, schema, wanted).await?;
    wanted.run(&mut *connection).await?;
    let Standing::Behind { at, wanted: latest } = before else {
        return Ok(None);
    };
    tracing::warn!("the schema went from version {at} to {latest}");
    Ok(Some(Migrated { from: at, to: latest }))
}

/// Whoever may not make schemas can still use one that was made for them.
async fn make_schema(connection: &mut PgConnection, schema: &Schema) -> Result<(), sqlx::Error> {
    const TAKEN_MEANWHILE: &str = "23505";
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)")
            .bind(schema.as_str())
            .fetch_one(&mut *connection)
            .await?;
    if there {
        return Ok(());
    }
    // The name was checked when it was read: it holds nothing that could end it.
    let text = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
    match sqlx::raw_sql(text).execute(connection).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(TAKEN_MEANWHILE) => Ok(()),
        other => other.map(drop),
    }
}
