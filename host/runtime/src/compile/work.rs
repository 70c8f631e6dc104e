//! The work itself: sniff, bound, adapt, compile, check. Runs in the child.

use std::time::Instant;

use wasmtab_domain::digest::Digest;
use wasmtab_upload::{Capability, HandlerKind, Inspection, Prepared, UploadError, prepare};
use wasmtime::component::Component;

use super::{
    check::{self, Entry, WASI_03, names},
    protocol::{Compiled, sha256},
};
use crate::engine::{compatibility, compiling};

/// Compiles `original`; the compiled code comes beside what was found out.
pub(super) fn compile(
    original: &[u8],
    digest: Digest,
    limit: usize,
    max_memory: u64,
) -> Result<(Compiled, Vec<u8>), UploadError> {
    let begun = Instant::now();
    let Prepared {
        component,
        kind,
        weight,
    } = prepare(original, limit, max_memory)?;
    let engine = compiling().map_err(UploadError::host)?;
    let component =
        Component::from_binary(&engine, &component).map_err(|error| refused(&format!("{error:#}")))?;
    let kind = match (check::check(&engine, &component)?, kind) {
        (Entry::Command(_), HandlerKind::Handler) => HandlerKind::Command,
        (Entry::Command(_), HandlerKind::ModuleReactor) => HandlerKind::ModuleCommand,
        (Entry::Handler(_), HandlerKind::ModuleCommand) => HandlerKind::ModuleReactor,
        (_, kind) => kind,
    };
    let code = component.serialize().map_err(UploadError::host)?;
    let (imports, exports) = names(&engine, &component);
    let mut capabilities: Vec<Capability> = imports
        .iter()
        .filter_map(|name| Capability::of_import(name))
        .collect();
    capabilities.sort_unstable();
    capabilities.dedup();
    let inspection = Inspection {
        digest,
        size: original.len() as u64,
        kind,
        imports,
        exports,
        capabilities,
        weight,
        compile_millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let compiled = Compiled {
        inspection,
        code: sha256(&code),
        compatibility: compatibility(&engine),
    };
    Ok((compiled, code))
}

/// Makes sense of a compiler's error.
fn refused(error: &str) -> UploadError {
    if error.contains("component model async feature")
        || error.contains("async") && error.contains("requires the")
    {
        return UploadError::Unsupported {
            import: "the component model's async ABI".into(),
            advice: WASI_03.into(),
        };
    }
    for (sign, feature) in [
        ("threads must be enabled", "threads"),
        ("shared memor", "shared memory"),
        ("memory64 must be enabled", "64-bit memory"),
        ("multi-memory not enabled", "several memories in one module"),
        ("multiple memories", "several memories in one module"),
        ("tail calls support is not enabled", "tail calls"),
        ("exceptions", "exceptions"),
        ("gc proposal", "garbage-collected types"),
    ] {
        if error.contains(sign) {
            return UploadError::Unsupported {
                import: feature.into(),
                advice: format!("build without that feature ({error})"),
            };
        }
    }
    UploadError::compile(error)
}
