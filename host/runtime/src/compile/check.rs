//! Whether a compiled component is a handler that this host can run. Imports and exports are matched by type; nothing runs.

use wasmtab_upload::{EXPECTED, UploadError};
use wasmtime::{
    Engine,
    component::{Component, InstancePre},
};
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::{
    bindings::JobPre,
    host::{Host, linker},
};

/// How a component is run.
pub(crate) enum Entry {
    Handler(JobPre<Host>),
    Command(CommandPre<Host>),
}

/// The names that a component imports and exports.
pub(super) fn names(engine: &Engine, component: &Component) -> (Vec<String>, Vec<String>) {
    let ty = component.component_type();
    let imports = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let exports = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
    (imports, exports)
}

pub(super) fn check(engine: &Engine, component: &Component) -> Result<Entry, UploadError> {
    let (imports, exports) = names(engine, component);
    if let Some(import) = imports
        .iter()
        .find(|name| name.starts_with("wasi:") && version_is(name, "0.3"))
    {
        return Err(UploadError::Unsupported {
            import: import.clone(),
            advice: WASI_03.into(),
        });
    }
    let pre = linker(engine)
        .map_err(UploadError::host)?
        .instantiate_pre(component)
        .map_err(|error| unsupported(&imports, &format!("{error:#}")))?;
    entry(&pre).map_err(|error| wrong_world(&exports, &error))
}

/// The way into a component whose imports were matched.
pub(crate) fn entry(pre: &InstancePre<Host>) -> Result<Entry, String> {
    let engine = pre.engine().clone();
    let exports = |prefix: &str| {
        pre.component()
            .component_type()
            .exports(&engine)
            .any(|(name, _)| name.starts_with(prefix))
    };
    if exports("wasmtab:job/handler@1.") || !exports("wasi:cli/run@0.2.") {
        JobPre::new(pre.clone())
            .map(Entry::Handler)
            .map_err(|error| format!("{error:#}"))
    } else {
        CommandPre::new(pre.clone())
            .map(Entry::Command)
            .map_err(|error| format!("{error:#}"))
    }
}

pub(super) const WASI_03: &str = "WASI 0.3 and the component model's async ABI are experimental, so this host runs WASI 0.2 only. \
     Build for wasm32-wasip2 (WASI 0.2)";

fn version_is(name: &str, version: &str) -> bool {
    name.split_once('@').is_some_and(|(_, found)| {
        found
            .strip_prefix(version)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    })
}

fn unsupported(imports: &[String], error: &str) -> UploadError {
    // wasmtime quotes the name of the import that found no match.
    let import = imports.iter().find(|name| error.contains(&format!("`{name}`")));
    UploadError::Unsupported {
        import: import.cloned().unwrap_or_else(|| "an import".into()),
        advice: format!("WASI 0.2, wasi:http and wasmtab:job@1.0.0 are offered ({error})"),
    }
}

fn wrong_world(exports: &[String], error: &str) -> UploadError {
    let found = match exports {
        [] => "a component that exports nothing".to_owned(),
        names
            if names
                .iter()
                .any(|name| name.starts_with("wasmtab:job/handler@1.")) =>
        {
            format!("a component whose `wasmtab:job/handler` is not the one of this host ({error})")
        }
        names => format!("a component that exports {}", names.join(", ")),
    };
    UploadError::WrongWorld {
        found,
        expected: EXPECTED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_their_parts() {
        assert!(version_is("wasi:clocks/x@0.3.0", "0.3"));
        assert!(version_is("wasi:clocks/x@0.3.0-rc-2025", "0.3"));
        assert!(!version_is("wasi:clocks/x@0.2.3", "0.3"));
        assert!(!version_is("wasi:clocks/x@0.30.0", "0.3"));
        assert!(!version_is("wasi:clocks/x", "0.3"));
    }
}
