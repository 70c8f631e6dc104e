//! The direct edges between the workspace's crates, and what some of them must stay free of.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Which of our crates each crate may use directly, dev-dependencies aside.
const MAY_USE: &[(&str, &[&str])] = &[
    ("wasmtab-cron", &[]),
    ("wasmtab-domain", &["wasmtab-cron"]),
    ("wasmtab-store", &["wasmtab-domain"]),
    ("wasmtab-store-sqlite", &["wasmtab-store", "wasmtab-domain"]),
    ("wasmtab-store-postgres", &["wasmtab-store", "wasmtab-domain"]),
    ("wasmtab-auditor", &["wasmtab-store", "wasmtab-domain"]),
    ("wasmtab-upload", &["wasmtab-domain"]),
    ("wasmtab-runtime", &["wasmtab-domain", "wasmtab-upload"]),
    ("wasmtab-notify", &["wasmtab-store", "wasmtab-domain"]),
    (
        "wasmtab-scheduler",
        &["wasmtab-store", "wasmtab-runtime", "wasmtab-domain"],
    ),
    (
        "wasmtab-service",
        &[
            "wasmtab-store",
            "wasmtab-runtime",
            "wasmtab-domain",
            "wasmtab-cron",
        ],
    ),
    ("wasmtab-server", &["wasmtab-service", "wasmtab-domain"]),
    ("wasmtab-import", &["wasmtab-domain", "wasmtab-cron"]),
    ("wasmtab-test-databases", &[]),
    ("xtask", &["wasmtab-test-databases"]),
    ("xtask-launcher", &[]),
];

/// The one crate that wires everything, and the one that tries it from outside.
const ANYTHING: &[&str] = &["wasmtab"];

/// Crates that do I/O, run guests or know the clock's thread: nothing for the core.
const IO: &[&str] = &[
    "tokio",
    "sqlx",
    "axum",
    "wasmtime",
    "wasmtime-wasi",
    "wasmtime-wasi-http",
    "hyper",
    "reqwest",
    "rustls",
    "rustix",
];

struct Package {
    /// Normal and build dependencies.
    uses: BTreeSet<String>,
    /// Dev-dependencies.
    tests_with: BTreeSet<String>,
}

fn workspace() -> BTreeMap<String, Package> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies two folders below the root");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    packages
        .iter()
        .map(|package| {
            (
                package["name"].as_str().expect("a name").to_owned(),
                read(package),
            )
        })
        .collect()
}

fn read(package: &Value) -> Package {
    let mut read = Package {
        uses: BTreeSet::new(),
        tests_with: BTreeSet::new(),
    };
    for dependency in package["dependencies"].as_array().expect("a list") {
        let name = dependency["name"].as_str().expect("a name").to_owned();
        let dev = dependency["kind"] == "dev";
        if dev { &mut read.tests_with } else { &mut read.uses }.insert(name);
    }
    read
}

/// What a crate may use; none where it may use anything.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    if ANYTHING.contains(&name) {
        return None;
    }
    let entry = MAY_USE.iter().find(|(of, _)| *of == name);
    Some(
        entry
            .unwrap_or_else(|| panic!("{name} is a new crate: say here what it may use"))
            .1,
    )
}

#[test]
fn every_direct_edge_is_one_of_the_design() {
    let workspace = workspace();
    for (name, package) in &workspace {
        let Some(allowed) = allowed(name) else { continue };
        for used in package.uses.iter().filter(|used| workspace.contains_key(*used)) {
            assert!(
                allowed.contains(&used.as_str()),
                "{name} must not use {used}: it may use {allowed:?}"
            );
        }
    }
}

#[test]
fn nothing_uses_the_binary() {
    for (name, package) in workspace() {
        assert!(
            !package.uses.contains("wasmtab") && !package.tests_with.contains("wasmtab"),
            "{name} uses the binary"
        );
    }
}

#[test]
fn the_cron_engine_knows_dates_and_nothing_else() {
    let workspace = workspace();
    let uses: Vec<&str> = workspace["wasmtab-cron"]
        .uses
        .iter()
        .map(String::as_str)
        .collect();
    assert_eq!(uses, ["chrono", "chrono-tz"]);
}

#[test]
fn the_core_does_no_io() {
    let workspace = workspace();
    for name in [
        "wasmtab-cron",
        "wasmtab-domain",
        "wasmtab-import",
        "wasmtab-upload",
    ] {
        for used in &workspace[name].uses {
            assert!(
                !IO.contains(&used.as_str()),
                "{name} must not use {used}: it is pure"
            );
        }
    }
}

#[test]
fn the_server_reaches_databases_and_guests_only_through_the_service() {
    let workspace = workspace();
    for used in &workspace["wasmtab-server"].uses {
        let beneath = used.starts_with("wasmtab-store") || used == "sqlx" || used.starts_with("wasmtime");
        assert!(!beneath, "the server must not use {used}");
    }
}

#[test]
fn only_the_binary_chooses_a_database() {
    for (name, package) in workspace() {
        let backend = package
            .uses
            .iter()
            .find(|used| used.starts_with("wasmtab-store-"));
        assert!(
            backend.is_none() || ANYTHING.contains(&name.as_str()),
            "{name} uses {backend:?}"
        );
    }
}
