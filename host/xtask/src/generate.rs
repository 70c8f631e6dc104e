//! Files that are generated from others and committed all the same.
//!
//! A new one is a function that makes its content and a line in [`FILES`]; [`queries`] makes a directory of them.

mod bindings;
mod embedded;
mod queries;

use crate::repo;
use anyhow::{Result, bail};
use std::fs;

/// A generated file: its path from the root, and how its content is made.
type Generated = (&'static str, fn() -> Result<String>);

const FILES: &[Generated] = &[
    ("plugins/sdk/src/bindings.rs", bindings::content),
    ("plugins/embed/src/files.rs", embedded::content),
];

/// Rewrites what is out of date.
pub(crate) fn write() -> Result<()> {
    for (path, content) in FILES {
        let content = content()?;
        let file = repo::root().join(path);
        if fs::read_to_string(&file).is_ok_and(|present| present == content) {
            println!("{path} is up to date");
        } else {
            fs::write(file, content)?;
            println!("{path} was rewritten");
        }
    }
    queries::write()
}

/// Fails where a file is not what would be generated.
pub(crate) fn check() -> Result<()> {
    let mut stale = Vec::new();
    for (path, content) in FILES {
        if !fs::read_to_string(repo::root().join(path))
            .is_ok_and(|present| content().is_ok_and(|content| content == present))
        {
            stale.push(*path);
        }
    }
    if stale.is_empty() {
        println!("{} generated files are up to date", FILES.len());
        return queries::check();
    }
    bail!(
        "out of date: {}; run `cargo xtask generate` and commit",
        stale.join(", ")
    )
}
