//! Preview-1 core modules become components.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::{
    EXPECTED,
    inspection::{HandlerKind, UploadError},
};

#[derive(Default)]
struct Module {
    start: bool,
    preview0: bool,
    world: bool,
    javascript: bool,
}

/// The component that a module becomes, and how it is run.
pub(crate) fn adapt(module: &[u8]) -> Result<(Vec<u8>, HandlerKind), UploadError> {
    let found = look(module).map_err(|error| UploadError::compile(format!("the file is broken: {error}")))?;
    if found.preview0 {
        return Err(UploadError::Unsupported {
            import: "wasi_unstable".into(),
            advice: "that is WASI preview 0, of 2019. Build with a current toolchain".into(),
        });
    }
    if found.javascript {
        return Err(UploadError::Unsupported {
            import: "wasm-bindgen's JavaScript".into(),
            advice: "the module was built for a browser. Build it for wasm32-wasip2 without wasm-bindgen"
                .into(),
        });
    }
    let (adapter, kind) = if found.start {
        (WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, HandlerKind::ModuleCommand)
    } else if found.world {
        (WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER, HandlerKind::ModuleReactor)
    } else {
        return Err(UploadError::WrongWorld {
            found: "a core module that neither has a `_start` function nor embeds a component's world".into(),
            expected: EXPECTED.into(),
        });
    };
    let encoded = ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| {
            encoder
                .validate(true)
                .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)
        })
        .and_then(|mut encoder| encoder.encode());
    match encoded {
        Ok(component) => Ok((component, kind)),
        Err(error) => Err(UploadError::compile(format!(
            "the module cannot be made a component: {error:#}"
        ))),
    }
}

fn look(module: &[u8]) -> wasmparser::Result<Module> {
    let mut found = Module::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.module {
                        "wasi_unstable" => found.preview0 = true,
                        "__wbindgen_placeholder__" | "wbg" => found.javascript = true,
                        _ => {}
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    found.start |= export?.name == "_start";
                }
            }
            Payload::CustomSection(section) => found.world |= section.name().starts_with("component-type"),
            _ => {}
        }
    }
    Ok(found)
}
