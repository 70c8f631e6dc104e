//! `wasmtab doctor`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use serde_json::Value;
use wasmtab_domain::completion::CompletionKey;
use wasmtab_service::{
    Principal, Role, RuntimeInspector, Service, ServiceConfig,
    view::{CheckView, DoctorView},
};
use wasmtab_store::Standing;
use wasmtab_store_postgres::{DEFAULT_SCHEMA, Schema};
use wasmtab_store_sqlite::{
    OpenError,
    backup::{self, BackupError},
};

use crate::{
    context::Context,
    exit::{Exit, Failure},
    local,
    output::cell::{present, raw, text},
    serve::{self, Database, Opened},
};

#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Look at this data directory, which no server has open, instead of asking a server
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where its database is, if not in the data directory: sqlite:PATH or postgres://…, on which servers may run
    #[arg(long, value_name = "URL", requires = "data_dir")]
    database_url: Option<String>,
    /// The schema of PostgreSQL in which everything is kept
    #[arg(long, env = "WASMTAB_DATABASE_SCHEMA", value_name = "NAME", default_value = DEFAULT_SCHEMA)]
    database_schema: Schema,
}

impl DoctorArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let found = match &self.data_dir {
            None => {
                context
                    .client()?
                    .get(&["doctor"])
                    .within(PATIENCE)
                    .send()
                    .await?
                    .body
            }
            Some(data_dir) => {
                let found = look(
                    data_dir.clone(),
                    self.database_url.as_deref(),
                    &self.database_schema,
                )
                .await?;
                serde_json::to_value(found).map_err(|error| Failure::own(error.to_string()))?
            }
        };
        context.out.one(&found, shown)?;
        let failed = checks(&found)
            .filter(|check| raw(check, "/status") == Some("fail"))
            .count();
        match failed {
            0 => Ok(()),
            1 => Err(Failure::new(Exit::RunFailed, "1 check fails")),
            failed => Err(Failure::new(Exit::RunFailed, format!("{failed} checks fail"))),
        }
    }
}

/// All of the database is read once.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(30);

/// Looks at a data directory that no server has open, or at a database that servers may have.
async fn look(data_dir: PathBuf, url: Option<&str>, schema: &Schema) -> Result<DoctorView, Failure> {
    // Whatever is named below is named in full. A directory that is not there is told by what is not in it.
    let data_dir = data_dir.canonicalize().unwrap_or(data_dir);
    let database = Database::of(url, schema, &data_dir)?;
    let looked = match &database {
        Database::File(file) => examine(file).await?,
        Database::Postgres { url, schema } => {
            let standing = wasmtab_store_postgres::examine(url, schema)
                .await
                .map_err(Failure::own)?;
            beyond_use(&[], &standing)
        }
    };
    if let Some(checks) = looked {
        return Ok(DoctorView::new(checks));
    }
    let Opened { store, timer } = database.open().await?;
    let config = ServiceConfig {
        surroundings: Some(Arc::new(serve::Machine {
            data_dir,
            database: database.file().map(Path::to_owned),
            concurrency: 0,
            serving: false,
        })),
        // Nothing is completed by way of this service.
        ..ServiceConfig::new(CompletionKey::new([0; 32]))
    };
    let inspector = Arc::new(RuntimeInspector(local::runtime()?));
    let service = Service::new(store, inspector, timer, config);
    let by = Principal {
        name: "doctor".into(),
        role: Role::Operator,
    };
    service.doctor(&by).await.map_err(Failure::own)
}

/// Looks at a file that no server has open; what it comes to where nothing more can be asked of it.
async fn examine(file: &Path) -> Result<Option<Vec<CheckView>>, Failure> {
    match backup::examine(file).await {
        Ok(examined) => Ok(beyond_use(&examined.faults, &examined.standing)),
        Err(error @ BackupError::Open(OpenError::Locked(_))) => Err(Failure::new(Exit::Conflict, error)
            .with("ask the server itself: `wasmtab doctor`, with --server and --token")),
        Err(error @ BackupError::Missing(_)) => Err(Failure::new(Exit::NotFound, error)),
        Err(error @ (BackupError::Open(_) | BackupError::File { .. })) => Err(Failure::own(error)),
        Err(error) => Ok(Some(vec![CheckView::fail(
            "database",
            error.to_string(),
            "go on from the last backup: `wasmtab restore`",
        )])),
    }
}

/// What is wrong with a database that nothing more can be asked of.
fn beyond_use(faults: &[String], standing: &Standing) -> Option<Vec<CheckView>> {
    if let Some(fault) = faults.first() {
        let check = CheckView::fail(
            "database",
            format!("it is damaged: {fault}"),
            "keep the data directory as it is, and go on from the last backup (`wasmtab restore`); check the disk",
        );
        return Some(vec![check.with(faults.to_vec())]);
    }
    let database = CheckView::ok("database", "its structure is sound");
    let schema = match standing {
        Standing::Current(_) => return None,
        Standing::Behind { at, wanted } => CheckView::warn(
            "schema",
            format!(
                "it is of version {at}, where this program wants {wanted}; the rest is looked at when it is up to date"
            ),
            "`wasmtab migrate` or the next start of the server brings it up to date, and keeps a copy",
        ),
        Standing::New => CheckView::fail(
            "schema",
            "there is none: it is not a wasmtab database, or a new one",
            "start the server on the directory, or name another one",
        ),
        Standing::Unknown(reason) => CheckView::fail(
            "schema",
            reason.clone(),
            "use the version of wasmtab that wrote it, or a newer one",
        ),
    };
    Some(vec![database, schema])
}

fn checks(found: &Value) -> impl Iterator<Item = &Value> {
    found
        .get("checks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// A line each, and below it what to do.
fn shown(found: &Value) -> String {
    let mut lines = String::new();
    for check in checks(found) {
        let line = format!(
            "{:<5} {:<12} {}",
            text(check, "/status"),
            text(check, "/name"),
            text(check, "/detail")
        );
        lines.push_str(&line);
        lines.push('\n');
        let items = check.get("items").and_then(Value::as_array).into_iter().flatten();
        let below = items
            .map(|item| text(item, ""))
            .chain(present(check, "/advice").map(|advice| format!("-> {advice}")));
        for line in below {
            lines.push_str("                   ");
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_is_a_line_and_what_to_do_stands_below() {
        let found = json!({"checks": [
            {"name": "disk", "status": "ok", "detail": "9 GiB free", "advice": null, "items": []},
            {"name": "handlers", "status": "fail", "detail": "1 job", "advice": "bind it", "items": ["a calls \u{1b}[31mB"]},
        ]});
        assert_eq!(
            shown(&found),
            "ok    disk         9 GiB free\n\
             fail  handlers     1 job\n                   a calls B\n                   -> bind it\n"
        );
    }

    #[test]
    fn an_older_schema_is_no_failure_and_an_unknown_one_is() {
        let status =
            |standing| beyond_use(&[], &standing).map(|checks| checks.last().unwrap().status.clone());
        assert_eq!(status(Standing::Current(1)), None);
        assert_eq!(
            status(Standing::Behind { at: 1, wanted: 2 }).as_deref(),
            Some("warn")
        );
        assert_eq!(status(Standing::Unknown("newer".into())).as_deref(), Some("fail"));
    }
}
