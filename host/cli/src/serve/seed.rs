//! `--plugin-dir`: components that lie there are uploaded when the server starts.

use std::path::{Path, PathBuf};

use wasmtab_service::{Principal, Push, Role, Service};

use super::shown;
use crate::exit::Failure;

/// Uploads every `NAME.wasm` as the plugin `NAME`. A digest that is there already stays the version it is; the first
/// version of a new plugin becomes the active one, any later one waits for an administrator.
pub(crate) async fn push_directory(service: &Service, directory: &Path) -> Result<(), Failure> {
    let refused = |error| {
        Failure::own(format!(
            "plugin-dir: {} cannot be read: {error}",
            shown(directory)
        ))
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .map_err(refused)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(refused))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    let by = Principal {
        name: "plugin-dir".into(),
        role: Role::Administrator,
    };
    for file in files {
        let Some(name) = file.file_stem().and_then(|name| name.to_str()) else {
            return Err(Failure::own(format!(
                "plugin-dir: {} has no name in UTF-8",
                shown(&file)
            )));
        };
        let content = tokio::fs::read(&file).await.map_err(refused)?;
        let activate = service.plugin(&by, name).await.is_err();
        let push = Push {
            plugin: name.to_owned(),
            label: None,
            activate,
            content: content.into(),
        };
        // One bad file must not keep the server from starting.
        match service.push(&by, push).await {
            Ok(_) => tracing::info!("{} is plugin {name}", shown(&file)),
            Err(error) => tracing::error!("{} was not taken: {error}", shown(&file)),
        }
    }
    Ok(())
}
