//! `wasmtab migrate`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use wasmtab_store_postgres::{DEFAULT_SCHEMA, PostgresStore, Schema};
use wasmtab_store_sqlite::SqliteStore;

use crate::{
    context::Context,
    exit::Failure,
    serve::{self, Database},
};

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    /// The database: sqlite:PATH or postgres://… [default: a file in the data directory]
    #[arg(
        long,
        env = "WASMTAB_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// The schema of PostgreSQL in which everything is kept
    #[arg(long, env = "WASMTAB_DATABASE_SCHEMA", value_name = "NAME", default_value = DEFAULT_SCHEMA)]
    database_schema: Schema,
    /// The data directory
    #[arg(
        long,
        env = "WASMTAB_DATA_DIR",
        value_name = "DIR",
        default_value = "./wasmtab-data"
    )]
    data_dir: PathBuf,
}

/// What a change of the schema leaves to tell.
struct Change {
    from: i64,
    to: i64,
    /// The copy that was made before, and the commands that bring it back; a server of its own has its own ways.
    way_back: Option<(String, Vec<String>)>,
}

impl MigrateArgs {
    /// Opening brings the schema up to date; a server does the same when it starts.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let data_dir = serve::directory(&self.data_dir)?;
        let database = Database::of(self.database_url.as_deref(), &self.database_schema, &data_dir)?;
        let (place, change) = match &database {
            Database::File(file) => {
                let store = SqliteStore::open(file).await.map_err(Failure::own)?;
                let change = store.migrated().map(|migrated| Change {
                    from: migrated.from,
                    to: migrated.to,
                    way_back: Some((migrated.copy.display().to_string(), migrated.way_back())),
                });
                (format!("the database in {}", data_dir.display()), change)
            }
            Database::Postgres { url, schema } => {
                let store = PostgresStore::open(url, schema.clone())
                    .await
                    .map_err(Failure::own)?;
                let change = store.migrated().map(|migrated| Change {
                    from: migrated.from,
                    to: migrated.to,
                    way_back: None,
                });
                (format!("`{schema}` on PostgreSQL"), change)
            }
        };
        context
            .out
            .one(&described(change.as_ref()), |_| shown(&place, change.as_ref()))
    }
}

fn described(change: Option<&Change>) -> Value {
    let Some(change) = change else {
        return json!({ "migrated": false });
    };
    let mut done = json!({ "migrated": true, "from": change.from, "to": change.to });
    if let Some((copy, commands)) = &change.way_back {
        done["copy"] = json!(copy);
        done["wayBack"] = json!(commands);
    }
    done
}

fn shown(place: &str, change: Option<&Change>) -> String {
    let Some(Change { from, to, way_back }) = change else {
        return format!("the schema of {place} is up to date\n");
    };
    match way_back {
        Some((_, commands)) => format!(
            "the schema went from version {from} to {to}; the way back, while no server runs:\n  {}\n",
            commands.join("\n  ")
        ),
        None => {
            format!(
                "the schema of {place} went from version {from} to {to}; the way back is the last `pg_dump`\n"
            )
        }
    }
}
