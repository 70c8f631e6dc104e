//! From what the compiler wrote to a component.

use anyhow::{Context, Result, bail, ensure};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, DecodedWasm};

const MAGIC: &[u8] = b"\0asm";

/// The fourth to eighth byte of a core module and of a component.
const MODULE: &[u8] = &[1, 0, 0, 0];
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];

const HANDLER: &str = "wasmtab:job/handler@1.0.0";

/// A component as it stands, a preview-1 reactor with its world embedded by way of the adapter; either must be a handler.
pub(crate) fn from_output(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let component = match bytes.strip_prefix(MAGIC).and_then(|rest| rest.get(..4)) {
        Some(COMPONENT) => bytes,
        Some(MODULE) => adapt(&bytes)?,
        _ => bail!("the compiler's output is not WebAssembly"),
    };
    ensure!(
        exports(&component)?.iter().any(|name| name == HANDLER),
        "the component does not export {HANDLER}"
    );
    Ok(component)
}

fn adapt(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .context("the module has no world embedded")?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
        .context("the module does not become a component")
}

fn exports(component: &[u8]) -> Result<Vec<String>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("the output is a WIT package, not a component");
    };
    let world = &resolve.worlds[world];
    Ok(world
        .exports
        .keys()
        .map(|key| resolve.name_world_key(key))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        from_output(bytes.to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn a_handler_passes_as_it_stands() {
        let component = std::fs::read(crate::repo::root().join("plugins/prebuilt/echo.wasm")).unwrap();
        assert_eq!(from_output(component.clone()).unwrap(), component);
    }

    #[test]
    fn what_is_no_handler_is_refused() {
        assert_eq!(refusal(b"#!/bin/sh"), "the compiler's output is not WebAssembly");
        let no_export = "the component does not export wasmtab:job/handler@1.0.0";
        assert_eq!(refusal(b"\0asm\x0d\0\x01\0"), no_export);
        assert_eq!(refusal(b"\0asm\x01\0\0\0"), no_export);
    }
}
