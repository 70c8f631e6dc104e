//! The sandbox on this machine, without a server: the same engine, limits and grants as a real run.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use wasmtab_runtime::{Runtime, RuntimeConfig};
use wasmtab_service::InspectError;

use crate::{clock::SystemClock, exit::Failure, serve};

/// A runtime for one attempt at a time.
pub(crate) fn runtime() -> Result<Arc<Runtime>, Failure> {
    let mut config = RuntimeConfig::new(cache_dir()?, serve::compiler()?, Arc::new(SystemClock));
    config.max_concurrency = 1;
    Ok(Arc::new(Runtime::new(config).map_err(Failure::own)?))
}

/// Compiled code is mapped and run, so it lies where only this user writes.
fn cache_dir() -> Result<PathBuf, Failure> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .ok_or_else(|| Failure::own("there is no home directory for compiled code; set XDG_CACHE_HOME"))?;
    let dir = base.join("wasmtab").join("compiled");
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&dir)
        .map_err(|error| Failure::own(format!("{} cannot be made: {error}", dir.display())))?;
    Ok(dir)
}

/// A refused file is the user's to mend; a host that fails is not.
pub(crate) fn refused(file: &Path, error: &InspectError) -> Failure {
    match error {
        InspectError::Refused { detail, .. } => Failure::usage(format!("{}: {detail}", file.display())),
        InspectError::Host(reason) => Failure::own(reason),
    }
}
