//! Opening the database: the schema made and brought up to date, nothing touched that is not understood.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;
use wasmtab_domain::ids::IdSource;
use wasmtab_store::{Hints, Standing, StoreMeters};

use crate::{
    Ids, PostgresStore,
    migrate::{self, MIGRATIONS, Migrated},
    schema::Schema,
    telegraph::Telegraph,
    writer::Writer,
};

/// Connections beside the one that writes: for what is read, for signs of life, and one that listens.
const POOL: u32 = 10;
/// How long a reader waits for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a database was not opened. No message holds the URL: it may bear a password.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The URL does not read.
    #[error("the URL of the database does not read: {0}")]
    Url(sqlx::Error),
    /// Nobody answers, or not to us.
    #[error("PostgreSQL at {server} cannot be used: {cause}")]
    Server {
        /// Host, port and database.
        server: String,
        /// Why.
        cause: sqlx::Error,
    },
    /// The schema is not one that this program knows.
    #[error(
        "the schema {schema} of {server} is one that this version of wasmtab does not know ({cause}); use the version that wrote it, or a newer one"
    )]
    Schema {
        /// Host, port and database.
        server: String,
        /// Which schema.
        schema: Schema,
        /// Why.
        cause: MigrateError,
    },
}

/// How a connection is made, and what server it goes to.
struct Address {
    options: PgConnectOptions,
    server: String,
}

impl Address {
    fn new(url: &str, schema: &Schema) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(OpenError::Url)?;
        let server = format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or("")
        );
        let options = options
            .application_name("wasmtab")
            .options([
                ("search_path", schema.as_str()),
                ("timezone", "UTC"),
                // A process that froze with locks held loses them, and nobody waits for them for long.
                ("lock_timeout", "2s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ])
            .statement_cache_capacity(400)
            .disable_statement_logging();
        Ok(Self { options, server })
    }

    fn refused(&self, cause: sqlx::Error) -> OpenError {
        OpenError::Server {
            server: self.server.clone(),
            cause,
        }
    }
}

pub(crate) async fn open(url: &str, schema: Schema) -> Result<PostgresStore, OpenError> {
    let address = Address::new(url, &schema)?;
    let refused = |cause| address.refused(cause);
    let migrated = migrate(&address, &schema).await?;
    let mut connection = address.options.connect().await.map_err(refused)?;
    let floor = newest_id(&mut connection).await.map_err(refused)?;
    let number = node_number(&mut connection).await.map_err(refused)?;
    let readers = PgPoolOptions::new()
        .max_connections(POOL)
        .acquire_timeout(PATIENCE)
        // Lists are asked for in many ways, each of which deserves a plan of its own.
        .connect_with(
            address
                .options
                .clone()
                .options([("plan_cache_mode", "force_custom_plan")]),
        )
        .await
        .map_err(refused)?;
    let (meters, hints) = (StoreMeters::new(), Hints::new());
    let telegraph = Telegraph::start(&readers, schema.as_str(), number, hints.clone());
    Ok(PostgresStore {
        readers,
        writer: Writer::start(connection, address.options, meters.clone()),
        hints,
        telegraph,
        ids: Ids::new(IdSource::new(number as u64, floor)),
        meters,
        schema,
        migrated,
    })
}

async fn migrate(address: &Address, schema: &Schema) -> Result<Option<Migrated>, OpenError> {
    let refused = |cause| address.refused(cause);
    // Another node may be at it, for as long as it takes.
    let patient = address.options.clone().options([("lock_timeout", "0")]);
    let mut connection = patient.connect().await.map_err(refused)?;
    let migrated = migrate::bring_up_to_date(&mut connection, schema, &MIGRATIONS)
        .await
        .map_err(|cause| match cause {
            MigrateError::Execute(cause) => refused(cause),
            cause => OpenError::Schema {
                server: address.server.clone(),
                schema: schema.clone(),
                cause,
            },
        })?;
    connection.close().await.map_err(refused)?;
    Ok(migrated)
}

/// Looks at the schema of the database at `url`, and changes nothing.
pub async fn examine(url: &str, schema: &Schema) -> Result<Standing, OpenError> {
    let address = Address::new(url, schema)?;
    let refused = |cause| address.refused(cause);
    let mut connection = address.options.connect().await.map_err(refused)?;
    let standing = migrate::standing(&mut connection, schema, &MIGRATIONS)
        .await
        .map_err(refused)?;
    // Nothing was written: closing it cannot lose anything.
    let _ = connection.close().await;
    Ok(standing)
}

async fn newest_id(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT greatest(
            (SELECT max(id) FROM infra_job_log),
            (SELECT max(id) FROM run),
            (SELECT max(attempt_id) FROM run),
            (SELECT max(id) FROM alert_delivery),
            0
        ) AS "id!""#
    )
    .fetch_one(connection)
    .await
}

/// Tells this process's ids from those of the others: as many processes have each a number of their own as an id has room for.
async fn node_number(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"INSERT INTO setting (key, value) VALUES ('nodeNumber', '0')
        ON CONFLICT (key) DO UPDATE SET value = ((setting.value::bigint + 1) % 1024)::text
        RETURNING value::bigint AS "number!""#
    )
    .fetch_one(connection)
    .await
}
