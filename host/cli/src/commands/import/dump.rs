//! Tables from an SQL dump.

use std::path::Path;

use wasmtab_import::sql;

use super::Tables;
use crate::{exit::Failure, input::file};

/// Reads the file; it is bounded before it is read.
pub(super) fn tables(path: &Path, wanted: &[&str], schema: Option<&str>) -> Result<Tables, Failure> {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size > sql::MAX_DUMP as u64 {
        return Err(Failure::usage(format!(
            "--from: {} is larger than {} MiB; dump the tables {} alone",
            path.display(),
            sql::MAX_DUMP >> 20,
            wanted.join(" and ")
        )));
    }
    let bytes = file::bytes(path)?;
    sql::read(&bytes, wanted, schema)
        .map_err(|error| Failure::usage(format!("--from: {}: {error}", path.display())))
}
