//! What kind of file an upload is, by its first bytes, and whether its size is sane.

use wasmparser::{Parser, Payload};

use crate::{
    inspection::{UploadError, Weight},
    limits::{
        CORE_INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES, UPLOAD_FUNCTION_BYTES, UPLOAD_FUNCTIONS,
        UPLOAD_MODULES, UPLOAD_NESTING, UPLOAD_SECTIONS,
    },
};

/// A binary WebAssembly file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Component,
    Module,
}

pub(crate) fn format(bytes: &[u8], limit: usize) -> Result<Format, UploadError> {
    if bytes.len() > limit {
        return Err(too_large("the file", bytes.len() as u64, limit as u64));
    }
    if Parser::is_component(bytes) {
        return Ok(Format::Component);
    }
    if Parser::is_core_wasm(bytes) {
        return Ok(Format::Module);
    }
    if is_precompiled(bytes) {
        return Err(UploadError::Precompiled);
    }
    let (found, advice) = describe(bytes);
    Err(UploadError::NotWasm {
        found: found.into(),
        advice: advice.into(),
    })
}

/// Whether it is what `wasmtime compile` writes: an ELF file for that "operating system".
fn is_precompiled(bytes: &[u8]) -> bool {
    const ELFOSABI_WASMTIME: u8 = 200;
    bytes.starts_with(b"\x7fELF") && bytes.get(7) == Some(&ELFOSABI_WASMTIME)
}

fn describe(bytes: &[u8]) -> (&'static str, &'static str) {
    const BUILD: &str = "Upload the .wasm file that your toolchain builds";
    let text = bytes.trim_ascii_start();
    match bytes {
        [] => ("an empty file", BUILD),
        [0, b'a', b's', b'm', ..] => (
            "a WebAssembly file of an unknown version",
            "Build it with a current toolchain",
        ),
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => (
            "a native program",
            "Build for a wasm target, such as wasm32-wasip2",
        ),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => (
            "a compressed archive",
            "Unpack it and upload the .wasm file inside",
        ),
        _ if text.starts_with(b"(module") || text.starts_with(b"(component") => (
            "WebAssembly text",
            "Turn it into binary first, with `wasm-tools parse`",
        ),
        _ if std::str::from_utf8(&bytes[..bytes.len().min(1024)]).is_ok() => ("a text file", BUILD),
        _ => ("something unknown", BUILD),
    }
}

/// Walks over the file without trusting it, and counts.
pub(crate) fn prelimits(bytes: &[u8], max_memory: u64) -> Result<Weight, UploadError> {
    let mut functions = 0_u64;
    let mut sections = 0_u32;
    let mut modules = 0_u32;
    let mut depth = 0_usize;
    let mut weight = Weight::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| broken(&error))?;
        sections += 1;
        if sections > UPLOAD_SECTIONS.saturating_add(UPLOAD_FUNCTIONS) {
            return Err(too_large(
                "the number of its sections",
                sections.into(),
                UPLOAD_SECTIONS.into(),
            ));
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                modules += 1;
                depth += 1;
                if modules > UPLOAD_MODULES {
                    return Err(too_large(
                        "the number of its modules",
                        modules.into(),
                        UPLOAD_MODULES.into(),
                    ));
                }
                if depth > UPLOAD_NESTING {
                    return Err(too_large(
                        "the depth of its nesting",
                        depth as u64,
                        UPLOAD_NESTING as u64,
                    ));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::FunctionSection(reader) => {
                functions += u64::from(reader.count());
                if functions > UPLOAD_FUNCTIONS.into() {
                    return Err(too_large(
                        "the number of its functions",
                        functions,
                        UPLOAD_FUNCTIONS.into(),
                    ));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let size = body.range().len();
                if size > UPLOAD_FUNCTION_BYTES {
                    return Err(too_large(
                        "one of its functions",
                        size as u64,
                        UPLOAD_FUNCTION_BYTES as u64,
                    ));
                }
            }
            Payload::MemorySection(reader) => {
                weight.memories = weight.memories.saturating_add(reader.count());
                for memory in reader {
                    let memory = memory.map_err(|error| broken(&error))?;
                    if memory.shared {
                        return Err(UploadError::Unsupported {
                            import: "shared memory".into(),
                            advice: "handlers have no threads. Build it without them".into(),
                        });
                    }
                    let bytes = memory.initial.saturating_mul(64 * 1024);
                    if bytes > max_memory {
                        return Err(too_large("the memory that it begins with", bytes, max_memory));
                    }
                }
            }
            Payload::TableSection(reader) => {
                weight.tables = weight.tables.saturating_add(reader.count());
                for table in reader {
                    let elements = table.map_err(|error| broken(&error))?.ty.initial;
                    if elements > TABLE_ELEMENTS as u64 {
                        return Err(too_large("one of its tables", elements, TABLE_ELEMENTS as u64));
                    }
                }
            }
            Payload::InstanceSection(reader) => {
                for instance in reader {
                    // Bundles of exports under an instance's name take no room in the pool.
                    if let wasmparser::Instance::Instantiate { .. } =
                        instance.map_err(|error| broken(&error))?
                    {
                        weight.core_instances += 1;
                    }
                }
            }
            _ => {}
        }
    }
    // A module, or a component without one, is an instance all the same.
    weight.core_instances = weight.core_instances.max(1);
    for (what, count, limit) in [
        (
            "the number of its core instances",
            weight.core_instances,
            CORE_INSTANCES,
        ),
        ("the number of its memories", weight.memories, MEMORIES),
        ("the number of its tables", weight.tables, TABLES),
    ] {
        if count > limit {
            return Err(too_large(what, count.into(), limit.into()));
        }
    }
    Ok(weight)
}

fn broken(error: &wasmparser::BinaryReaderError) -> UploadError {
    UploadError::compile(format!("the file is broken: {error}"))
}

fn too_large(what: &str, size: u64, limit: u64) -> UploadError {
    UploadError::TooLarge {
        what: what.into(),
        size,
        limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wasm_is_named() {
        for (bytes, wanted) in [
            (&b""[..], "an empty file"),
            (b"\x7fELF\x02\x01\x01", "a native program"),
            (b"PK\x03\x04....", "a compressed archive"),
            (b"  (component)", "WebAssembly text"),
            (b"#!/bin/sh", "a text file"),
            (b"\x00asm\x09\x00\x00\x00", "unknown version"),
            (b"\xff\xfe\xfd", "something unknown"),
        ] {
            let error = format(bytes, 1024).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_read() {
        assert!(matches!(
            format(&[0; 11], 10),
            Err(UploadError::TooLarge {
                size: 11,
                limit: 10,
                ..
            })
        ));
    }
}
