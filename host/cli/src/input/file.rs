//! Reading files that were named on the command line.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// A file's text; `-` is standard input.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))
}

/// A file's bytes; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}

/// The text of a flag that may name a file: `@FILE` is its content, anything else stands for itself.
pub(crate) fn or_literal(said: &str) -> Result<String, Failure> {
    match said.strip_prefix('@') {
        Some(path) => text(&PathBuf::from(path)),
        None => Ok(said.to_owned()),
    }
}
