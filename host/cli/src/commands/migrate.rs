//! `wasmtab migrate`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::{context::Context, exit::Failure, serve};

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    /// The database: sqlite:PATH [default: a file in the data directory]
    #[arg(
        long,
        env = "WASMTAB_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// The data directory
    #[arg(
        long,
        env = "WASMTAB_DATA_DIR",
        value_name = "DIR",
        default_value = "./wasmtab-data"
    )]
    data_dir: PathBuf,
}

impl MigrateArgs {
    /// Opening brings the schema up to date; a server does the same when it starts.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let data_dir = serve::directory(&self.data_dir)?;
        let store = serve::open_store(self.database_url.as_deref(), &data_dir).await?;
        let done = match store.migrated() {
            None => json!({ "migrated": false }),
            Some(migrated) => json!({
                "migrated": true,
                "from": migrated.from,
                "to": migrated.to,
                "copy": migrated.copy.display().to_string(),
                "wayBack": migrated.way_back(),
            }),
        };
        context.out.one(&done, |_| match store.migrated() {
            None => format!(
                "the schema of the database in {} is up to date\n",
                data_dir.display()
            ),
            Some(migrated) => format!(
                "the schema went from version {} to {}; the way back, while no server runs:\n  {}\n",
                migrated.from,
                migrated.to,
                migrated.way_back().join("\n  ")
            ),
        })
    }
}
