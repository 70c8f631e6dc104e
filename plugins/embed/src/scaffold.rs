//! A new project: the template with its names filled in, the SDK and the world beside it.
//!
//! The SDK comes along as source in `vendor/sdk`, so that the project builds with nothing but the binary that wrote it, at the version
//! that fits that binary; and in `wit` the world that its bindings are of, for those who want to read it.

use crate::files::{RUST_TEMPLATE, SDK, WIT};

/// A file of a new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it goes, from the project's folder, with `/` between the parts.
    pub path: String,
    /// What is in it.
    pub content: String,
}

/// The files of a new Rust project, or why the name is no name for one.
///
/// A name is a crate's name: it begins with a letter and goes on with letters, digits, `-` and `_`, at most 64 in all.
pub fn scaffold(name: &str) -> Result<Vec<Placed>, String> {
    check(name)?;
    let handler = handler_name(name);
    let function = name.replace('-', "_").to_ascii_lowercase();
    let filled = RUST_TEMPLATE.iter().map(|file| Placed {
        path: file.path.to_owned(),
        content: file
            .content
            .replace("{{name}}", name)
            .replace("{{handler}}", &handler)
            .replace("{{function}}", &function)
            .replace("{{output}}", &name.replace('-', "_")),
    });
    let vendored = SDK.iter().chain(WIT).map(|file| Placed {
        path: file.path.to_owned(),
        content: file.content.to_owned(),
    });
    Ok(filled.chain(vendored).collect())
}

fn check(name: &str) -> Result<(), String> {
    let mut characters = name.chars();
    if !characters.next().is_some_and(|first| first.is_ascii_alphabetic()) {
        return Err(format!(
            "{name:?} is no project name: it does not begin with a letter (a-z)"
        ));
    }
    if let Some(wrong) = characters.find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        return Err(format!(
            "{name:?} is no project name: {wrong:?} is neither a letter, a digit, - nor _"
        ));
    }
    if name.len() > 64 {
        return Err(format!(
            "{name:?} is no project name: it is longer than 64 characters"
        ));
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!(
            "{name:?} is no project name: it is a word of the language"
        ));
    }
    Ok(())
}

/// Words that cargo refuses as a crate's name, or rustc as a function's.
const RESERVED: &[&str] = &[
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "core",
    "std",
    "alloc",
    "proc_macro",
    "proc-macro",
    "wasmtab-sdk",
    "wasmtab_sdk",
    "wasmtab-sdk-macros",
    "wasmtab_sdk_macros",
];

/// `OrderTimeoutHandler` for `order-timeout` and for `order-timeout-handler`.
fn handler_name(name: &str) -> String {
    let mut handler = String::new();
    for word in name.split(['-', '_']) {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            handler.push(first.to_ascii_uppercase());
            handler.extend(letters);
        }
    }
    if !handler.ends_with("Handler") {
        handler.push_str("Handler");
    }
    handler
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, path: &str) -> String {
        let files = scaffold(name).unwrap();
        files
            .into_iter()
            .find(|file| file.path == path)
            .unwrap_or_else(|| panic!("no {path}"))
            .content
    }

    #[test]
    fn names_are_filled_in() {
        assert!(file("order-timeout", "Cargo.toml").contains("name = \"order-timeout\""));
        let source = file("order-timeout", "src/lib.rs");
        assert!(
            source.contains("#[handler(name = \"OrderTimeoutHandler\")]"),
            "{source}"
        );
        assert!(source.contains("fn order_timeout("), "{source}");
        for placed in scaffold("order-timeout").unwrap() {
            assert!(
                placed.path.starts_with("vendor/") || !placed.content.contains("{{"),
                "{}",
                placed.path
            );
            assert_eq!(placed.path.strip_suffix(".in"), None);
        }
    }

    #[test]
    fn the_sdk_stands_where_the_project_looks_for_it() {
        let manifest = file("x", "Cargo.toml");
        assert!(manifest.contains("path = \"vendor/sdk\""), "{manifest}");
        assert!(file("x", "vendor/sdk/Cargo.toml").contains("name = \"wasmtab-sdk\""));
        assert!(file("x", "vendor/sdk/src/bindings.rs").contains("wasmtab:job@1.0.0"));
        assert!(
            scaffold("x")
                .unwrap()
                .iter()
                .all(|file| !file.path.contains("tests/"))
        );
        assert!(file("x", "wit/job-1.0.0/job.wit").contains("package wasmtab:job@1.0.0;"));
    }

    #[test]
    fn handlers_are_named_after_the_project() {
        assert_eq!(handler_name("order-timeout"), "OrderTimeoutHandler");
        assert_eq!(handler_name("hello_handler"), "HelloHandler");
        assert_eq!(handler_name("a"), "AHandler");
    }

    #[test]
    fn what_is_no_crate_name_is_refused() {
        for name in [
            "",
            "1st",
            "-x",
            "../x",
            "a b",
            "naïve",
            "loop",
            "core",
            &"x".repeat(65),
        ] {
            assert!(scaffold(name).is_err(), "{name}");
        }
    }

    #[test]
    fn samples_are_components() {
        for sample in crate::samples() {
            assert!(
                sample.component.starts_with(b"\0asm\x0d\0\x01\0"),
                "{}",
                sample.plugin
            );
            assert!(
                sample.handler_name.ends_with("Handler"),
                "{}",
                sample.handler_name
            );
        }
    }
}
